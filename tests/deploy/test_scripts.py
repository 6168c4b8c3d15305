"""The scripts as files: what they say to a wrong call, and that the page knows them."""

import importlib
import os
import re
import subprocess
from pathlib import Path
from unittest.mock import create_autospec

import pytest
from google.api_core.exceptions import Forbidden, NotFound
from google.cloud import bigquery

from deploy.settings import RULES
from deploy.table_grants import read_policy
from tests.deploy.project import REPOSITORY


@pytest.mark.parametrize("script", ["setup.sh", "teardown.sh"])
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["staging", "--aply"], "usage:"),
        (["--apply"], "usage:"),
        ([], "usage:"),
        (["stagin"], "stagin.env: there is no such file; environments here: production, staging"),
    ],
)
def test_a_wrong_call_ends_with_one_clear_line(
    script: str, arguments: list[str], complaint: str
) -> None:
    done = subprocess.run(
        ["/bin/bash", REPOSITORY / "deploy" / script, *arguments],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert complaint in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


SCRIPTS = sorted((REPOSITORY / "deploy").glob("**/*.sh"))
COMMANDS = [path for path in SCRIPTS if path.read_text().startswith("#!")]


@pytest.mark.parametrize("script", COMMANDS, ids=lambda path: path.name)
def test_help_is_what_the_scripts_head_says(script: Path) -> None:
    """From whatever folder it is called."""
    shown = subprocess.check_output([f"./{script.name}", "--help"], cwd=script.parent, text=True)
    head = script.read_text().split("\nset -euo pipefail\n")[0].splitlines()[1:]
    assert shown.splitlines() == [line[2:] for line in head]


# A shell evaluates what the first prints; the second needs what `make check-terraform` fetches.
OTHERS = {"deploy.settings", "deploy.terraform.check_schema"}
PROGRAMS = {
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    for path in (REPOSITORY / "deploy").glob("**/*.py")
    if "def main(" in path.read_text()
}


@pytest.mark.parametrize("name", sorted(PROGRAMS - OTHERS))
def test_a_program_answers_a_call_for_help(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(name).main()
    assert not ended.value.code
    assert "python" in capsys.readouterr().out


def test_the_documentation_lists_every_setting_and_role() -> None:
    scripts = "".join(path.read_text() for path in SCRIPTS)
    roles = set(re.findall(r"roles/([\w.]+)", scripts))
    documentation = (REPOSITORY / "docs" / "deploy.md").read_text()
    assert len(roles) >= 10
    assert [name for name in [*RULES, *roles] if f"`{name}`" not in documentation] == []


STUBS = """
set -euo pipefail
APPLY=yes
email() { echo "$1@my-project.iam.gserviceaccount.com"; }
gcloud() { [[ $* != *get-iam-policy* ]] && echo "changed" >&2; }
act() { "${@:3}"; }
source deploy/grants.sh
grant projects my-project -- roles/viewer somebody
"""


def test_a_policy_that_cannot_be_read_is_not_replaced() -> None:
    done = subprocess.run(
        ["/bin/bash", "-c", STUBS], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_the_policy_of_a_table_that_cannot_be_read_is_not_taken_for_empty() -> None:
    client = create_autospec(bigquery.Client)
    client.get_iam_policy.side_effect = NotFound("no such table")
    assert read_policy(client, "my-project.aegis.events") == {}
    client.get_iam_policy.side_effect = Forbidden("no permission")
    with pytest.raises(Forbidden):
        read_policy(client, "my-project.aegis.events")
