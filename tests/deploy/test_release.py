"""`make release` proposes a changelog and a tag, and changes nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.project import REPOSITORY

GIT = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository at version 1.0.0, tagged, with one commit since."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/version.py").write_text('__version__ = "1.0.0"\n')
    for words in (
        ["init", "--quiet"],
        ["add", "."],
        ["commit", "--quiet", "--message=Begin"],
        ["tag", "v1.0.0"],
        ["commit", "--quiet", "--allow-empty", "--message=Deploy from one settings file"],
    ):
        subprocess.run([*GIT, *words], cwd=tmp_path, check=True)
    return tmp_path


def propose(clone: Path, version: str) -> subprocess.CompletedProcess[str]:
    program = REPOSITORY / "deploy/release/propose.py"
    return subprocess.run(
        [sys.executable, program, version], cwd=clone, capture_output=True, text=True, check=False
    )


def test_the_section_lists_the_commits_since_the_last_tag(clone: Path) -> None:
    proposed = propose(clone, "1.1.0").stdout
    assert "## [1.1.0] - 2" in proposed
    assert "- Deploy from one settings file\n" in proposed
    assert "- Begin" not in proposed
    assert "git tag --annotate v1.1.0" in proposed


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        ("", "VERSION is no version"),
        ("v1.1", "v1.1 is no version"),
        ("0.9.0", "0.9.0 is older than 1.0.0"),
        ("1.0.0", "v1.0.0 is there already"),
    ],
)
def test_a_version_that_cannot_be_next_is_refused(
    clone: Path, version: str, complaint: str
) -> None:
    refused = propose(clone, version)
    assert refused.returncode == 1
    assert refused.stderr.startswith(complaint)


def test_a_tree_with_changes_is_refused(clone: Path) -> None:
    (clone / "schemas/version.py").write_text('__version__ = "1.0.0"\n\n')
    assert propose(clone, "1.1.0").stderr.startswith("commit first")
