"""What a contributor and a machine read: scripts, workflow, pre-commit, the version."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from schemas.version import __version__
from tests.machine import ROOT

BIN = Path(sys.executable).parent
SCRIPTS = [ROOT / ".ci/run", *(ROOT / "deploy").rglob("*.sh"), *(ROOT / "tests").rglob("*.sh")]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    checked = run(BIN / "shellcheck", "--external-sources", script)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("vendor.dependabot", ".github/dependabot.yml"),
    ],
)
def test_github_would_accept_the_file(schema: str, file: str) -> None:
    checked = run(BIN / "check-jsonschema", "--builtin-schema", schema, ROOT / file)
    assert checked.returncode == 0, checked.stdout


def test_the_workflow_runs_what_everybody_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    steps = workflow["jobs"]["ci"]["steps"]
    assert steps[-1]["run"].endswith(" .ci/run")


def test_pre_commit_accepts_its_file_and_every_program_is_pinned() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    assert run(BIN / "pre-commit", "validate-config", config).returncode == 0
    hooks = yaml.safe_load(config.read_text())["repos"][0]["hooks"]
    assert len(hooks) == 4
    for hook in hooks:
        assert (BIN / Path(hook["entry"].split()[0]).name).exists()


def test_the_changelog_describes_the_version() -> None:
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_version_has_one_source() -> None:
    """The package's is dynamic, and the API's specification has the same."""
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text()
    openapi = yaml.safe_load((ROOT / "schemas/openapi.yaml").read_text())
    assert openapi["info"]["version"] == __version__


def test_one_licence_is_named_everywhere() -> None:
    openapi = yaml.safe_load((ROOT / "schemas/openapi.yaml").read_text())
    assert openapi["info"]["license"]["identifier"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    for package in (ROOT / "clients").glob("*/package.json"):
        assert json.loads(package.read_text())["license"] == "Apache-2.0"


@pytest.mark.parametrize("path", re.findall(r"`(\w[\w./]*\.(?:py|json|sh|md|in))`", CONTRIBUTING))
def test_a_file_that_contributing_names_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_each_decision_is_in_the_list() -> None:
    folder = ROOT / "docs/decisions"
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == {page.name for page in folder.glob("0*.md")}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
