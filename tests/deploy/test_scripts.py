"""The scripts as files: what they say to a wrong call, and that the page knows them."""

import os
import re
import subprocess

import pytest

from deploy.settings import RULES
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


def test_the_documentation_lists_every_setting_and_role() -> None:
    scripts = "".join(path.read_text() for path in SCRIPTS)
    roles = set(re.findall(r"roles/([\w.]+)", scripts))
    documentation = (REPOSITORY / "docs" / "deploy.md").read_text()
    assert len(roles) >= 10
    assert [name for name in [*RULES, *roles] if f"`{name}`" not in documentation] == []
