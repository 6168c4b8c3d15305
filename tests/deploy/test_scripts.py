"""The scripts as files: what they say to a wrong call, and what shellcheck says of them."""

import re
import subprocess

import pytest

from tests.deploy.project import REPOSITORY
from tests.machine import require


@pytest.mark.parametrize("script", ["setup.sh", "teardown.sh"])
@pytest.mark.parametrize(
    ("arguments", "settings", "complaint"),
    [
        (["--aply"], {"GCP_PROJECT_ID": "p"}, "usage:"),
        ([], {}, "GCP_PROJECT_ID"),
    ],
)
def test_a_wrong_call_ends_with_one_clear_line(
    script: str, arguments: list[str], settings: dict[str, str], complaint: str
) -> None:
    done = subprocess.run(
        ["/bin/bash", REPOSITORY / "deploy" / script, *arguments],
        env={"PATH": "/usr/bin:/bin"} | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert complaint in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_scripts_pass_shellcheck() -> None:
    require("shellcheck")
    scripts = [REPOSITORY / "deploy" / name for name in ("lib.sh", "setup.sh", "teardown.sh")]
    done = subprocess.run(
        ["shellcheck", "--external-sources", *scripts],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""


def test_the_documentation_lists_every_setting_and_role() -> None:
    scripts = "".join(
        (REPOSITORY / "deploy" / f"{name}.sh").read_text() for name in ("lib", "setup")
    )
    settings = re.findall(r"^(\w+)=\$\{\1:-", scripts, re.MULTILINE)
    roles = re.findall(r"roles/([\w.]+)", scripts)
    documentation = (REPOSITORY / "docs" / "deploy.md").read_text()
    assert len(settings) >= 10
    assert len(roles) >= 10
    assert [name for name in [*settings, *roles] if f"`{name}`" not in documentation] == []
