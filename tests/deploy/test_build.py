"""docs/deploy.md from an empty project on, and the whole of cloudbuild.yaml, step by step.

The commands of the page are run as they are written, in their order; where it submits a build, the
steps of cloudbuild.yaml run here. Between them come pushes, a roll-back, and roll-outs that fail.
"""

import json
import re
from subprocess import CompletedProcess
from typing import NamedTuple

import pytest

from tests.deploy.build import BUILD, Builder, Outcome
from tests.deploy.pages import sections
from tests.deploy.project import PROJECT

ALL_STEPS = [step["id"] for step in BUILD["steps"]]
PAGE = sections("deploy.md")
FROM_ZERO = [*PAGE["From zero, in order"], *PAGE["The console"]]
[BY_HAND] = PAGE["Without Cloud Build"]
LATER = [*PAGE["What `setup.sh` makes"], *PAGE["Terraform instead"]]
BLUE_GREEN = PAGE["Blue-green"]
TAKING_DOWN = PAGE["Taking it down"][:2]  # test_setup.py runs the rest on its own project
[ROLL_BACK] = sections("flex-template.md")["Roll back"]
[DRAIN] = sections("flex-template.md")["Drain, or cancel"]
FIRST_LOOK = "\n".join(sections("runbook.md")["Runbook"])
SUBMIT = "gcloud beta builds submit"
KEYS = {"NEW": "a-new-key-of-16-letters", "OLD": "an-old-key-of-16-letters"}
NOON = 1_790_000_000  # when the first commit was made
State = tuple[str, list[str]]


class Story(NamedTuple):
    """What happened in order: after each deployment, who has the traffic and which jobs run."""

    documented: list[CompletedProcess[str]]
    first: tuple[Outcome, State]
    strangers: list[int]
    keys: str
    pushed: tuple[Outcome, State]
    by_hand: tuple[CompletedProcess[str], State]
    broken: tuple[Outcome, State]
    not_starting: tuple[Outcome, State]
    failing_update: tuple[Outcome, State]
    older: tuple[Outcome, State]
    locked: tuple[Outcome, State]
    released: list[str]
    withdrawn: list[str]
    unlocked: tuple[Outcome, State]
    revision_before: str
    no_rows: tuple[Outcome, State]
    revision_after: str
    left: list[str]
    tags: list[str]
    blue_green: list[tuple[str, str]]
    alerts: list[str]
    drained: set[str]


@pytest.fixture(scope="session")
def story(builder: Builder) -> Story:
    before, submit, after = _around(FROM_ZERO)
    documented = [builder.shell(block) for block in before]
    assert documented[-1].returncode == 0, documented[-1].stderr
    first = _build(builder, None, **_substitutions(submit))
    assert first[0].failed == "", first[0].output
    strangers = [_health(builder)]
    first_revision = builder.running_revision()
    documented += [builder.shell(block) for block in after]
    strangers.append(_health(builder))
    pushed = _build(builder, NOON)
    names = {"EARLIER_REVISION": first_revision, "aegis-edge-00041-abc": first[1][0]}
    documented.append(builder.shell(_with(ROLL_BACK, names)))
    commit = builder.commit(NOON + 1)
    by_hand = builder.shell(BY_HAND, **commit), builder.state()
    *grants_and_keys, terraform = LATER
    documented += [builder.shell(block, **KEYS) for block in grants_and_keys]
    keys = builder.project.cloud.secret("aegis-api-keys")
    documented.append(builder.shell(terraform))
    builder.cloud_run.reaches_pubsub = False
    broken = _build(builder, NOON + 2, EVENT_WAIT_SECONDS="1")
    builder.cloud_run.reaches_pubsub = True
    builder.cloud_run.starts = False
    not_starting = _build(builder, NOON + 3)
    builder.cloud_run.starts = True
    builder.dataflow.jobs_fail = True
    failing_update = _build(builder, NOON + 4)
    builder.dataflow.jobs_fail = False
    older = _build(builder, NOON)
    released = builder.lock()
    withdrawn = builder.cloud_run.tags("aegis-edge")
    builder.take_lock()
    locked = _build(builder, NOON + 5, LOCK_WAIT_SECONDS="0")
    builder.leave_candidate()
    unlocked = _build(builder, NOON + 6, LOCK_STALE_SECONDS="0", _JOB_ACTION="skip")
    revision_before = builder.running_revision()
    builder.dataflow.jobs_store = False
    no_rows = _build(builder, NOON + 7, ROW_WAIT_SECONDS="1")
    builder.dataflow.jobs_store = True
    revision_after, left = builder.running_revision(), builder.lock()
    tags = builder.cloud_run.tags("aegis-edge")
    documented += [builder.shell(block, REVISION=revision_after) for block in BLUE_GREEN]
    documented.append(builder.shell(FIRST_LOOK.replace("=CODE", "=malformed_json")))
    blue_green = builder.jobs()
    alerts = builder.project.cloud.alerts()
    documented += [builder.shell(block) for block in TAKING_DOWN]
    builder.start_job("JOB_ID")
    documented.append(builder.shell(DRAIN))
    return Story(
        documented,
        first,
        strangers,
        keys,
        pushed,
        by_hand,
        broken,
        not_starting,
        failing_update,
        older,
        locked,
        released,
        withdrawn,
        unlocked,
        revision_before,
        no_rows,
        revision_after,
        left,
        tags,
        blue_green,
        alerts,
        {state for _, state in builder.jobs()},
    )


def _build(builder: Builder, committed: int | None, **given: str) -> tuple[Outcome, State]:
    substitutions = {"_JOB_ACTION": "deploy"} | given
    outcome = builder.build(committed=committed, **substitutions)
    return outcome, builder.state()


def _with(block: str, names: dict[str, str]) -> str:
    for placeholder, name in names.items():
        block = block.replace(placeholder, name)
    return block


def _around(page: list[str]) -> tuple[list[str], str, list[str]]:
    [place] = [number for number, block in enumerate(page) if block.startswith(SUBMIT)]
    return page[:place], page[place], page[place + 1 :]


def _substitutions(submit: str) -> dict[str, str]:
    text = submit.partition("--substitutions=")[2].strip()
    return dict(pair.split("=") for pair in text.split(","))


def _health(builder: Builder) -> int:
    answer = builder.cloud_run.visit("GET", "/run/aegis-edge/health", {}, b"")
    assert answer is not None
    return answer.status_code


def test_every_command_of_the_page_ends_well(story: Story) -> None:
    assert len(story.documented) >= 17
    assert [done.stderr for done in story.documented if done.returncode] == []


def test_set_up_prints_the_command_that_the_page_goes_on_with(story: Story) -> None:
    printed = " ".join(story.documented[1].stdout.replace("\\\n", " ").split())
    submit = _around(FROM_ZERO)[1]
    assert printed.endswith(" ".join(submit.replace("\\\n", " ").split()))


def test_the_documented_event_is_accepted(story: Story) -> None:
    [sent] = [done.stdout for done in story.documented if "curl --fail" in done.args[-1]]
    accepted = re.search(r'"event_id": ?"([^"]+)"', sent)
    assert accepted is not None, sent


def test_the_first_build_of_an_empty_project_ends_green_with_a_job(story: Story) -> None:
    outcome, (serving, jobs) = story.first
    assert (outcome.passed, outcome.failed) == (ALL_STEPS, ""), outcome.output
    assert serving.startswith("aegis-edge-00001-")
    assert len(jobs) == 1


def test_strangers_are_refused_until_the_edge_is_opened(story: Story) -> None:
    assert story.strangers == [403, 200]


def test_a_push_moves_the_traffic_and_updates_the_job_in_place(story: Story) -> None:
    outcome, (serving, jobs) = story.pushed
    assert (outcome.passed, outcome.failed) == (ALL_STEPS, ""), outcome.output
    assert serving != story.first[1][0]
    assert len(jobs) == 1
    assert jobs != story.first[1][1]


def test_a_deployment_by_hand_after_a_roll_back_serves(story: Story) -> None:
    done, (serving, jobs) = story.by_hand
    assert done.returncode == 0, done.stderr
    assert serving not in (story.first[1][0], story.pushed[1][0])
    assert len(jobs) == 1


@pytest.mark.parametrize(
    ("build", "failed", "complaint"),
    [
        ("broken", "check-candidate", "/v1/events answered 503"),
        ("not_starting", "candidate", "failed to start"),
        ("failing_update", "job", "JOB_STATE_FAILED"),
        ("older", "check", "newer than this one"),
        ("locked", "candidate", "another build deploys"),
    ],
)
def test_a_build_that_fails_leaves_traffic_and_job_as_they_were(
    story: Story, build: str, failed: str, complaint: str
) -> None:
    outcome, state = getattr(story, build)
    assert outcome.failed == failed, outcome.output
    assert complaint in outcome.output
    assert state == story.by_hand[1]


def test_a_lock_is_given_back_by_builds_that_fail(story: Story) -> None:
    assert story.released == []
    assert story.left == []


def test_no_candidate_keeps_its_tag(story: Story) -> None:
    """It would keep EDGE_MIN_INSTANCES instances running."""
    assert story.withdrawn == []
    assert story.tags == []


def test_a_lock_whose_build_died_is_taken_over(story: Story) -> None:
    outcome, (serving, jobs) = story.unlocked
    assert (outcome.passed, outcome.failed) == (ALL_STEPS, ""), outcome.output
    assert serving != story.by_hand[1][0]
    assert jobs == story.by_hand[1][1]


def test_a_job_that_stores_nothing_is_replaced_by_the_earlier_one(story: Story) -> None:
    outcome, (serving, jobs) = story.no_rows
    assert outcome.failed == "job", outcome.output
    assert "going back to the job of" in outcome.output
    assert serving == story.unlocked[1][0]
    assert len(jobs) == 1
    assert story.revision_after == story.revision_before


def test_a_job_of_a_topic_may_make_its_subscription(story: Story, builder: Builder) -> None:
    assert story.pushed[0].failed == ""
    grants = builder.project.cloud.grants()
    assert grants["roles/pubsub.editor"] == {(PROJECT, "aegis-pipeline")}


def test_both_keys_are_good_while_clients_change_theirs(story: Story) -> None:
    assert story.keys == ",".join(KEYS.values())


def test_the_second_job_takes_over_and_the_first_is_drained(story: Story, builder: Builder) -> None:
    running = [name for name, state in story.blue_green if state == "JOB_STATE_RUNNING"]
    assert running == ["aegis-events-green"]
    assert ("aegis-events", "JOB_STATE_DRAINED") in story.blue_green
    assert builder.project.subscription("events-pipeline-green").status_code == 200
    assert builder.project.subscription().status_code == 404


def test_the_alerts_follow_the_second_job_and_keep_who_is_told(story: Story) -> None:
    of_a_job = [alert for alert in story.alerts if "aegis-events" in alert]
    assert len(of_a_job) >= 5
    assert [alert for alert in of_a_job if "aegis-events-green" not in alert] == []
    assert all(json.loads(alert)["notificationChannels"] for alert in story.alerts)


def test_taking_down_leaves_no_service_and_no_job(story: Story, builder: Builder) -> None:
    assert builder.cloud_run.services == {}
    assert "JOB_STATE_RUNNING" not in story.drained


def test_the_console_stands_behind_the_proxy(story: Story, builder: Builder) -> None:
    assert "there is no console" in story.first[0].output
    assert story.pushed[0].failed == ""
    console = builder.cloud_run.deleted["aegis-console"]
    assert console["metadata"]["annotations"]["run.googleapis.com/iap-enabled"] == "true"
    container = console["spec"]["template"]["spec"]["containers"][0]
    variables = {one["name"]: one.get("value", "") for one in container["env"]}
    assert variables["CONSOLE_ACCESS"] == "iap"
    assert variables["CONSOLE_OPERATORS"] == "oncall@example.com"
    audience = "/projects/1234567890/locations/us-central1/services/aegis-console"
    assert variables["CONSOLE_IAP_AUDIENCE"] == audience
    assert container["image"].split("@")[0].endswith("console")


def test_every_setting_reaches_the_service_on_every_deployment(
    story: Story, builder: Builder
) -> None:
    template = builder.cloud_run.deleted["aegis-edge"]["spec"]["template"]
    names = {variable["name"] for variable in template["spec"]["containers"][0]["env"]}
    assert story.pushed[0].failed == ""
    assert names >= {"ALLOWED_ORIGINS", "AUTH_MODE", "API_KEYS", "USER_ID_HMAC_KEY"}
    assert template["spec"]["containerConcurrency"] == 250
