"""`setup.sh` and `teardown.sh` on an emulated project, with the real `gcloud` and `bq`."""

from dataclasses import dataclass
from typing import Any

import pytest

from schemas import TABLES, table_schema
from tests.deploy.grants import GRANTS
from tests.deploy.pages import sections
from tests.deploy.project import PROJECT, REPOSITORY, Project, Run

# Closing the edge and draining the job come before it: tests/deploy/test_build.py.
TAKING_DOWN = sections("deploy.md")["Taking it down"][2]
PARTITIONS = {
    "events": ("timestamp", 730, ["user_id", "signal_type"]),
    "dead_letters": ("failed_at", 90, ["stage", "error_code"]),
    "replays": ("replayed_at", 90, ["dead_letter_id"]),
}
DAY_MILLISECONDS = 86_400_000
STORE_AN_EVENT_TWICE = """
INSERT INTO aegis.events (event_id, schema_version, user_id, timestamp, signal_type,
  source_platform, published_at, message_id)
VALUES
  ('e', 1, 'u', TIMESTAMP '2026-01-01', 's', 'p', TIMESTAMP '2026-01-01 00:02:00', 'second'),
  ('e', 1, 'u', TIMESTAMP '2026-01-01', 's', 'p', TIMESTAMP '2026-01-01 00:01:00', 'first')
"""


@dataclass(frozen=True)
class Story:
    """The runs in their order, and what the project held once it was set up."""

    interrupted: Run
    dry: Run
    finished: Run
    repeated: Run
    tables: dict[str, dict[str, Any]]
    subscription: dict[str, Any]
    resources: dict[str, dict[str, Any]]
    grants: dict[str, set[tuple[str, str]]]
    deduplicated: list[list[Any]]
    monitoring: list[str]
    upgraded: Run
    considered: Run
    taken_down: Run
    removed: Run


@pytest.fixture(scope="session")
def story(project: Project) -> Story:
    """Set-up stopped half-way, looked at, finished and repeated; then everything removed."""
    project.cloud.refused = "/subscriptions/"
    interrupted = project.run("setup.sh", "--apply")
    project.cloud.refused = ""
    dry, finished, repeated = (
        project.run("setup.sh", *mode) for mode in ([], ["--apply"], ["--apply"])
    )
    assert finished.code == 0, finished.errors
    return Story(
        interrupted,
        dry,
        finished,
        repeated,
        {name: project.table(name) for name in TABLES},
        project.subscription().json(),
        dict(project.cloud.resources),
        project.cloud.grants(),
        _deduplicated(project),
        [path.rpartition("/")[2] for path in project.cloud.resources if _is_monitoring(path)],
        _upgraded(project),
        *_taken_down(project),
    )


def _taken_down(project: Project) -> list[Run]:
    """Each line of the page, with this project's settings file in the place of production's."""
    runs = []
    for line in TAKING_DOWN.splitlines():
        words = line.partition("#")[0].split()
        settings = dict(word.split("=") for word in words if "=" in word)
        script, environment, *arguments = (word for word in words if "=" not in word)
        assert environment == "production"
        script = script.removeprefix("deploy/")
        runs.append(project.run(script, *arguments, changed=None, **settings))
    return runs


def _upgraded(project: Project) -> Run:
    """As if an earlier version had known no `replays`, and kept events for another time."""
    project.drop_table("replays")
    return project.run("setup.sh", changed={"EVENTS_EXPIRATION_DAYS": "800"})


def _is_monitoring(path: str) -> bool:
    kinds = ("alertPolicies", "dashboards", "notificationChannels", "metrics")
    return path.split("/")[-2] in kinds


def _deduplicated(project: Project) -> list[list[Any]]:
    project.query(STORE_AN_EVENT_TWICE)
    return project.query("SELECT message_id FROM aegis.events_deduplicated")


def test_an_interrupted_run_names_what_failed_and_why(story: Story) -> None:
    assert story.interrupted.code == 1
    assert "FAILED        subscription events-pipeline" in story.interrupted.errors
    assert "refused by the test" in story.interrupted.errors


def test_a_dry_run_changes_nothing_and_says_what_is_missing(story: Story) -> None:
    assert story.dry.code == 0
    assert story.dry.writes == []
    assert "topic events" in story.dry.with_outcome("exists")
    assert f"bucket {PROJECT}-aegis" in story.dry.with_outcome("would create")


def test_the_next_run_creates_exactly_what_the_interrupted_one_did_not(story: Story) -> None:
    assert story.finished.with_outcome("created") == story.dry.with_outcome("would create")
    assert story.finished.with_outcome("exists") == story.dry.with_outcome("exists")


def test_a_further_run_creates_nothing(story: Story) -> None:
    assert story.repeated.code == 0
    assert story.repeated.writes == []
    report = story.repeated.lines[: story.repeated.lines.index("")]
    assert {line[:13].strip() for line in report} == {"exists", "renewed"}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_the_committed_schema_partitions_and_clusters(story: Story, table: str) -> None:
    column, days, clusters = PARTITIONS[table]
    found = story.tables[table]
    assert found["schema"]["fields"] == table_schema(table)
    assert found["timePartitioning"]["type"] == "DAY"
    assert found["timePartitioning"]["field"] == column
    assert int(found["timePartitioning"]["expirationMs"]) == days * DAY_MILLISECONDS
    assert found["clustering"]["fields"] == clusters


def test_the_view_keeps_the_first_of_two_rows_with_one_event_id(story: Story) -> None:
    assert story.deduplicated == [["first"]]


def test_the_subscription_waits_for_a_job_that_is_down_for_a_week(story: Story) -> None:
    assert story.subscription["topic"] == f"projects/{PROJECT}/topics/events"
    assert story.subscription["messageRetentionDuration"] == "604800s"
    assert story.subscription["ackDeadlineSeconds"] == 60
    assert story.subscription["expirationPolicy"] == {}


def test_each_account_has_these_roles_and_no_others(story: Story) -> None:
    assert story.grants == GRANTS


def test_the_bucket_is_private_and_forgets_temporary_files(story: Story) -> None:
    bucket = story.resources[f"/storage/v1/b/{PROJECT}-aegis"]
    assert bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"] is True
    deletion = next(r for r in bucket["lifecycle"]["rule"] if r["action"]["type"] == "Delete")
    assert deletion["condition"]["matchesPrefix"] == ["temp/"]


def test_each_secret_has_a_long_random_value_that_is_never_printed(story: Story) -> None:
    versions = {
        path.split("/")[5]: item["payload"]["data"]
        for path, item in story.resources.items()
        if path.endswith("/versions/1")
    }
    assert versions.keys() == {
        "aegis-api-keys",
        "aegis-console-key",
        "aegis-user-id-hmac-key",
    }
    assert len(set(versions.values())) == 3
    printed = "\n".join(story.finished.lines) + story.finished.errors
    for value in versions.values():
        assert len(value) >= 43
        assert value not in printed


def test_every_alert_is_created_with_somebody_to_tell(story: Story) -> None:
    policies = [resource for path, resource in story.resources.items() if "/alertPolicies/" in path]
    names = {path.stem for path in (REPOSITORY / "deploy/monitoring/alerts").glob("*.json")}
    [channel] = [
        resource for path, resource in story.resources.items() if "/notificationChannels/" in path
    ]
    assert {policy["userLabels"]["alert"] for policy in policies} == names
    assert {tuple(policy["notificationChannels"]) for policy in policies} == {(channel["name"],)}
    assert channel["labels"] == {"email_address": "oncall@example.com"}


def test_dashboard_and_log_based_metric_are_created(story: Story) -> None:
    assert "aegis_edge_rejections" in story.monitoring
    assert "Aegis-events-from-the-edge-to-BigQuery" in story.monitoring


def test_on_an_older_project_set_up_adds_what_is_new_and_says_what_differs(story: Story) -> None:
    assert story.upgraded.code == 0, story.upgraded.errors
    assert story.upgraded.writes == []
    assert "replays" in story.upgraded.with_outcome("would create")
    assert "table dead_letters" in story.upgraded.with_outcome("exists")
    assert story.upgraded.with_outcome("differs") == [
        "table events: partitions expire after 730 days, the settings say 800"
    ]


def test_set_up_prints_the_exact_next_command(story: Story) -> None:
    command = "\n".join(story.finished.lines[-2:])
    assert command.startswith(f"gcloud beta builds submit --project={PROJECT} --region=us-central1")
    assert "_JOB_ACTION=deploy" in command


def test_teardown_keeps_data_unless_told_and_deletes_nothing_in_a_dry_run(story: Story) -> None:
    assert story.considered.code == 0
    assert story.considered.writes == []
    assert "topic events" in story.considered.with_outcome("would delete")
    assert story.considered.with_outcome("kept") == [
        "dataset aegis",
        f"bucket {PROJECT}-aegis",
        "secret aegis-api-keys",
        "secret aegis-user-id-hmac-key",
        "secret aegis-console-key",
    ]


def test_teardown_removes_everything_that_set_up_created(story: Story, project: Project) -> None:
    for run, outcomes in [
        (story.taken_down, {"deleted", "kept"}),
        (story.removed, {"deleted", "absent"}),
    ]:
        assert run.code == 0, run.errors
        assert {line[:13].strip() for line in run.lines} == outcomes
    data = ["dataset aegis", f"bucket {PROJECT}-aegis"]
    assert story.removed.with_outcome("deleted")[:2] == data
    assert project.dataset().status_code == 404
    assert project.subscription().status_code == 404
    left = [path for path in project.cloud.resources if "/services/" not in path]
    assert left == [f"/v1/projects/{PROJECT}"]
    assert not project.cloud.grants().keys() & {
        "roles/dataflow.worker",
        "roles/run.developer",
    }
