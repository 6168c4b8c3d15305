"""Every block of commands on the pages about deployment is run, or named here with the reason."""

import re

import pytest

from tests.deploy.pages import ELSEWHERE, blocks, sections
from tests.deploy.project import REPOSITORY, Project
from tests.machine import require

BUILD = "deploy/test_build.py"
# By page and heading, the tests that take the blocks from the page.
RUN_BY = {
    "deploy.md": {
        "From zero, in order": [BUILD],
        "The console": [BUILD],
        "Without Cloud Build": [BUILD],
        "What `setup.sh` makes": [BUILD],
        "Terraform instead": [BUILD],
        "Blue-green": [BUILD],
        "Taking it down": [BUILD, "deploy/test_setup.py"],
    },
    "flex-template.md": {
        "Build": ["deploy/test_pages.py"],
        "Launch": ["template/test_launch.py"],
        "Drain, or cancel": [BUILD],
        "Roll back": [BUILD],
    },
    "one-machine.md": {
        "One machine": ["deploy/test_one_machine.py"],
        "When it is enough": ["deploy/test_one_machine.py"],
        "Backfill": ["deploy/test_one_machine.py"],
        "In a container": ["deploy/test_one_machine.py"],
    },
    "runbook.md": {"Runbook": [BUILD]},
}
NOT_RUN = {
    "one-machine.md": {
        "Under systemd": "installs on the machine as root; its unit and its files are tested",
        "How it fares": "a measurement of many minutes",
    },
}
PAGES = sorted(RUN_BY)


@pytest.mark.parametrize("page", PAGES)
def test_each_block_of_a_page_is_run_or_named_with_a_reason(page: str) -> None:
    named = [*RUN_BY[page], *NOT_RUN.get(page, {})]
    assert sorted(named) == sorted(sections(page))


@pytest.mark.parametrize("page", PAGES)
def test_the_test_of_a_block_takes_it_from_the_page(page: str) -> None:
    for heading, modules in RUN_BY[page].items():
        for module in modules:
            text = (REPOSITORY / "tests" / module).read_text()
            assert page in text, module
            assert f'"{heading}"' in text or page == "flex-template.md", (module, heading)


def test_no_page_has_commands_for_the_cloud_that_nobody_takes() -> None:
    """Except the one that sets up what this project does not."""
    others = {"costs.md"}
    found = {
        path.name
        for path in (REPOSITORY / "docs").glob("*.md")
        if re.search(r"gcloud |terraform |deploy/", "".join(blocks(path.name)))
    }
    assert found - others == set(PAGES)


@pytest.mark.parametrize("page", ["costs.md", "deploy.md", "flex-template.md"])
def test_a_command_names_its_project(page: str) -> None:
    """Whoever follows a page has set no project, or another one."""
    for block in blocks(page):
        for command in block.replace("\\\n", " ").splitlines():
            words = re.findall(r"\b(?:gcloud|bq) (?!auth |storage |projects )", command)
            assert command.count("--project") >= len(words), command


def test_lines_are_left_out_for_a_reason() -> None:
    text = (REPOSITORY / "docs/deploy.md").read_text()
    assert all(f"\n{line}" in text and reason for line, reason in ELSEWHERE.items())


def test_the_documented_triggers_are_of_their_environments(project: Project) -> None:
    require("gcloud")
    [block] = sections("flex-template.md")["Build"]
    done = project.command("bash", "-euo", "pipefail", "-c", block)
    assert done.returncode == 0, done.stderr
    paths = [path for path in project.cloud.resources if "/triggers/" in path]
    triggers = {path.split("/")[3]: project.cloud.resources.pop(path) for path in paths}
    assert sorted(triggers) == ["my-project", "my-staging"]
    for owner, environment in [("my-staging", "staging"), ("my-project", "production")]:
        account = f"aegis-deployer@{owner}.iam.gserviceaccount.com"
        assert triggers[owner]["substitutions"]["_ENVIRONMENT"] == environment
        assert triggers[owner]["serviceAccount"].endswith(f"/{account}")
