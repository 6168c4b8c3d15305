"""`make release` proposes a changelog and a tag; the scan says what it could not look up."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.release.audit import ACCEPTED, accepted_ids, judge
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
        ("", "VERSION is not a version"),
        ("v1.1", "v1.1 is not a version"),
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


SOUND = {"name": "sound", "version": "1.0", "vulns": []}
FAULTY = SOUND | {"name": "faulty", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}


def test_an_index_without_advisories_is_no_clean_scan() -> None:
    lines, code = judge([UNKNOWN, UNKNOWN])
    assert code == 3
    assert lines == ["NOT SCANNED: the index has advisories for none of its 2 pins"]


def test_a_pin_with_a_known_fault_ends_the_scan_badly() -> None:
    lines, code = judge([SOUND, FAULTY, UNKNOWN])
    assert code == 1
    assert lines[0] == "faulty 1.0: CVE-1, mended in 1.1"
    assert lines[1] == "2 pins looked up, 1 not looked up, known faults: 1"


def test_a_fault_that_is_accepted_with_a_reason_is_said_and_stops_nothing() -> None:
    accepted = accepted_ids("# why\nCVE-1  no path of ours reaches it\n")
    lines, code = judge([FAULTY], accepted)
    assert (lines[0], code) == ("faulty 1.0: CVE-1, mended in 1.1, accepted", 0)
    with pytest.raises(SystemExit, match="CVE-2 has no reason"):
        accepted_ids("CVE-2\n")
    assert accepted_ids(ACCEPTED.read_text()) == set()


def test_pins_without_a_known_fault_end_it_well() -> None:
    assert judge([SOUND])[1] == 0
