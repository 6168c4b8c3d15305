"""The real command as a service: it goes on whatever fails, and says how it fares."""

import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import httpx
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.one_machine.setting import Running, Setting
from local.bigquery.write_server import Fault, respond
from local.names import SUBSCRIPTION
from tests.flex_template.one_machine.queue import Queue, wait_for
from tests.flex_template.runs import EVENT
from tests.http_client import NO_CERTIFICATES

STATUS = "--status_address=127.0.0.1:0"
GOOD = orjson.dumps(EVENT)
SECONDS = 60


@pytest.fixture
def stage(pubsub: Queue, tmp_path: Path) -> Iterator[Setting]:
    with Setting(pubsub.server.host, pubsub.publisher, tmp_path) as stage:
        yield stage


def stored(stage: Setting, count: int) -> Any:
    return lambda: len(stage.bigquery.ids) >= count


def health(service: Running) -> tuple[int, dict[str, Any]]:
    answer = httpx.get(f"{service.status_url}/health", verify=NO_CERTIFICATES)
    return answer.status_code, answer.json()


def problem(service: Running) -> str:
    """What a supervisor reads beside a 503."""
    code, body = health(service)
    (process,) = body["processes"]
    assert (code == 503) == (process["problem"] is not None)
    return str(process["problem"])


def metrics(service: Running) -> Mapping[str, float]:
    """Values by name; 0 for what no process has counted yet."""
    text = httpx.get(f"{service.status_url}/metrics", verify=NO_CERTIFICATES).text
    families = text_string_to_metric_families(text)
    samples = (sample for family in families for sample in family.samples)
    return defaultdict(float, {sample.name: sample.value for sample in samples})


def test_a_table_that_is_missing_for_a_while_is_waited_for(stage: Setting, pubsub: Queue) -> None:
    missing = respond(grpc.StatusCode.NOT_FOUND, "table events is missing")
    stage.bigquery.faults = [missing] * 3
    ids = pubsub.publish(*[GOOD] * 30, b"{", b"{", b"\xff")
    with stage.service(STATUS) as service:
        service.wait_for(lambda: "NOT_FOUND: table events is missing" in problem(service), SECONDS)
        service.wait_for(stored(stage, len(ids)), SECONDS)
        service.wait_for(lambda: health(service)[0] == 200, SECONDS)
        assert metrics(service)["aegis_pipeline_failures_total"] == 3
        wait_for(lambda: pubsub.backlog == 0)
        tells_what_was_read_and_stored(service)
    assert stage.bigquery.ids.keys() == set(ids)
    assert service.log().count("a bundle failed") == 1  # once a minute
    assert "user-1" not in service.log()


def tells_what_was_read_and_stored(service: Running) -> None:
    code, body = health(service)
    found = metrics(service)
    (process,) = body["processes"]
    assert (code, body["status"]) == (200, "reading")
    assert process["last_acknowledgement"].endswith("+00:00")
    assert (process["messages_on_lease"], process["oldest_message_seconds"]) == (0, None)
    assert found["aegis_events_total"] == 30
    assert found["aegis_dead_letters_malformed_json_total"] == 2
    assert found["aegis_dead_letters_not_utf8_total"] == 1
    assert found["aegis_processes_reading"] == 1
    assert found["aegis_append_milliseconds_count"] >= 2


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda *_: time.sleep(20), id="hangs"),
        # A quota that is used up may keep a bundle open for ten minutes.
        pytest.param(respond(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota"), id="has no quota left"),
    ],
)
def test_a_bigquery_that_hangs_does_not_keep_it_from_ending_in_time(
    stage: Setting, pubsub: Queue, fault: Fault
) -> None:
    stage.bigquery.faults = [fault] * 100
    pubsub.publish(GOOD)
    with stage.service() as service:
        service.wait_for(lambda: stage.bigquery.requests > 0, SECONDS)
        service.process.terminate()
        assert service.process.wait(10) == 0
        again = pubsub.subscriber.pull(subscription=SUBSCRIPTION, max_messages=1)
    assert [each.message.data for each in again.received_messages] == [GOOD]
    assert "handing back" in service.log()


def test_a_full_disk_for_its_log_stops_nothing(stage: Setting, pubsub: Queue) -> None:
    stage.bigquery.faults = [respond(grpc.StatusCode.NOT_FOUND, "something to log")]
    ids = pubsub.publish(GOOD)
    with stage.service(log_to=Path("/dev/full")):
        wait_for(stored(stage, len(ids)), SECONDS)


def test_two_services_share_one_subscription(stage: Setting, pubsub: Queue) -> None:
    with stage.service() as one, stage.service():
        ids = [each for _ in range(40) for each in pubsub.publish(*[GOOD] * 50)]
        one.wait_for(stored(stage, len(ids)), SECONDS)
    assert stage.bigquery.ids.keys() == set(ids)
    assert stage.bigquery.repeated == 0


def test_several_processes_outlive_one_that_dies_and_end_with_the_one_above(
    stage: Setting, pubsub: Queue
) -> None:
    with stage.service(STATUS, "--processes=2") as service:
        service.wait_for(lambda: metrics(service)["aegis_processes_reading"] == 2, SECONDS)
        killed, other = (each["pid"] for each in health(service)[1]["processes"])
        os.kill(killed, signal.SIGKILL)
        ids = [each for _ in range(10) for each in pubsub.publish(*[GOOD] * 100)]
        service.wait_for(stored(stage, len(ids)), SECONDS)
        service.wait_for(lambda: metrics(service)["aegis_processes_reading"] == 2, SECONDS)
        service.wait_for(lambda: metrics(service)["aegis_events_total"] == len(ids), SECONDS)
        pids = {each["pid"] for each in health(service)[1]["processes"]}
        assert other in pids
        assert killed not in pids
        service.process.kill()
        wait_for(lambda: not any(map(runs, pids)))
    assert stage.bigquery.repeated == 0


def runs(pid: int) -> bool:
    """Whether the process is there and not merely waited for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
