"""`gcloud dataflow flex-template run`, for real up to the job object that Dataflow would run."""

import re

import pytest

from tests.template.cloud import PARAMETERS, ROOT, Cloud

COMMAND = re.compile(
    r"^gcloud dataflow flex-template run aegis-events (?:.*\\\n)*.*$", re.MULTILINE
)


@pytest.mark.parametrize(
    "document",
    ["README.md", "docs/flex-template.md"],
)
def test_the_documented_command_starts_a_streaming_job(cloud: Cloud, document: str) -> None:
    job = re.sub(r"\W", "-", document).lower()
    command = COMMAND.search((ROOT / document).read_text())
    assert command is not None
    launched = cloud.shell(command[0].replace("aegis-events", job, 1))
    assert launched.returncode == 0, launched.stderr
    assert cloud.job_object(job)["type"] == "JOB_TYPE_STREAMING"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("events_table", "aegis.events"),
        ("events_table", "aegis-local/aegis/events"),
        ("dead_letter_table", "aegis-local.aegis.dead letters"),
        ("input_subscription", "events-pipeline"),
        ("write_method", "FILE_LOADS"),
        ("no_such_option", "1"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(cloud: Cloud, name: str, value: str) -> None:
    refused = cloud.launch("refused", **PARAMETERS | {name: value})
    assert refused.returncode != 0
    assert f"{name}: " in refused.stderr
    assert not [job for job in cloud.dataflow.jobs.values() if job["name"] == "refused"]


def test_a_missing_table_is_refused_by_name(cloud: Cloud) -> None:
    given = {name: value for name, value in PARAMETERS.items() if name != "events_table"}
    refused = cloud.launch("refused", **given)
    assert refused.returncode != 0
    assert "events_table: Missing required parameter" in refused.stderr


def test_what_no_regex_can_check_is_refused_by_the_launcher(cloud: Cloud) -> None:
    refused = cloud.launch("refused", **PARAMETERS, max_event_age_days="0")
    assert refused.returncode != 0
    assert "--max_event_age_days" in refused.stderr
    assert "example: 365" in refused.stderr


def test_a_running_job_is_replaced_only_when_told_to(cloud: Cloud) -> None:
    assert cloud.launch("updated", **PARAMETERS).returncode == 0
    again = cloud.launch("updated", **PARAMETERS)
    assert "already an active job named updated" in again.stderr
    assert cloud.launch("updated", "--update", **PARAMETERS).returncode == 0
    states = [
        job["currentState"] for job in cloud.dataflow.jobs.values() if job["name"] == "updated"
    ]
    assert states == ["JOB_STATE_UPDATED", "JOB_STATE_RUNNING"]
