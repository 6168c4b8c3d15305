"""The Terraform module creates and grants what `setup.sh` does, by the providers' own schemas."""

import re
import subprocess

import pytest

from deploy.settings import RULES
from tests.deploy.grants import GRANTS
from tests.deploy.project import REPOSITORY

MODULE = REPOSITORY / "deploy/terraform"
TEXT = "\n".join(path.read_text() for path in sorted(MODULE.glob("*.tf")))
RESOURCES = (REPOSITORY / "deploy/resources.sh").read_text()
ACCOUNTS = {
    "edge": "edge",
    "workers": "pipeline",
    "builder": "deployer",
    "operator": "console",
}
NOT_INSTALLED = 3  # what check.sh ends with where it cannot fetch its tools


def granted() -> set[tuple[str, str]]:
    """Each role and the account that has it, by the module."""
    found = set()
    for block in re.split(r"^resource ", TEXT, flags=re.MULTILINE):
        if not re.match(r'"google_\w+_iam_member"', block):
            continue
        member = re.search(r"member\s*= local\.(\w+)", block)
        roles = re.findall(r'"(\w+) (roles/[\w.]+)"', block)
        literal = re.findall(r'role\s*= "(roles/[\w.]+)"', block)
        if member:
            found |= {(role, ACCOUNTS[member[1]]) for role in literal}
            found |= {(role, ACCOUNTS[member[1]]) for _, role in roles}
        else:
            found |= {(role, account) for account, role in roles}
    return found


def test_the_module_grants_what_set_up_grants_and_nothing_else() -> None:
    by_set_up = {
        (role, account.removeprefix("aegis-"))
        for role, grants in GRANTS.items()
        for _, account in grants
    }
    assert granted() == by_set_up


def test_the_module_turns_the_same_apis_on() -> None:
    shell = re.search(r"APIS=\((.*?)\)", RESOURCES, re.DOTALL)
    module = re.search(
        r'"google_project_service" "api" \{\n  for_each = toset\((.*?)\)', TEXT, re.DOTALL
    )
    assert shell is not None
    assert module is not None
    assert set(re.findall(r'"(\w+)"', module[1])) == set(shell[1].split())


@pytest.mark.parametrize(
    "setting", ["PUB_SUB_TOPIC_ID", "BIGQUERY_DATASET_ID", "STAGING_BUCKET", "ARTIFACT_REPOSITORY"]
)
def test_a_name_comes_from_the_settings_file(setting: str) -> None:
    assert f"local.settings.{setting}\n" in TEXT


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_first_apply_needs_no_image_and_no_spec(environment: str) -> None:
    """There is none in an empty project, and no secret has a value that a revision could read."""
    main = (MODULE / "environments" / environment / "main.tf").read_text()
    variables = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', main, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in variables] == ["edge_image", "console_image", "revision"]
    assert [name for name, body in variables if 'default     = ""\n' not in body] == []
    for name in ("google_cloud_run_v2_service", "google_dataflow_flex_template_job"):
        for block in re.findall(rf'^resource "{name}".*?^\}}', TEXT, re.MULTILINE | re.DOTALL):
            assert re.search(r"^  (?:count|for_each) ", block, re.MULTILINE), block[:80]


def test_another_name_does_not_delete_the_subscription_and_what_waits_in_it() -> None:
    [subscription] = re.findall(
        r'^resource "google_pubsub_subscription".*?^\}', TEXT, re.MULTILINE | re.DOTALL
    )
    assert "prevent_destroy = true\n" in subscription


def test_terraform_leaves_a_running_job_as_it_is() -> None:
    """The provider would read a Python job's options wrongly, and start the job anew each time."""
    [job] = re.findall(
        r'^resource "google_dataflow_flex_template_job".*?^\}', TEXT, re.MULTILINE | re.DOTALL
    )
    assert re.search(r"ignore_changes +\= all\n", job)
    assert "replace_triggered_by = [terraform_data.revision]\n" in job


def test_every_setting_that_the_module_reads_is_one() -> None:
    read = set(re.findall(r"local\.settings\.([A-Z_]+)", TEXT))
    in_a_list = {name for name in RULES if f'"{name}"' in TEXT}
    assert read <= RULES.keys()
    assert RULES.keys() - read - in_a_list == set()


def test_format_schemas_and_security_are_in_order() -> None:
    if not (REPOSITORY / "build/terraform-checks/installed").exists():
        pytest.skip("`make check-terraform` has not fetched the providers' schemas yet")
    done = subprocess.run(
        [MODULE / "check.sh"], capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode == NOT_INSTALLED:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "resources fit the schema" in done.stdout
    assert "Failed checks: 0" in done.stdout
