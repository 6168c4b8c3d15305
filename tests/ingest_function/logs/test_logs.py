"""One structured line per request, without anything private."""

import json
from typing import Any

import httpx
import pytest

from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox
from tests.ingest_function.logs.log_lines import log_lines, log_output

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def test_a_line_tells_the_outcome_and_nothing_private(
    start_edge: StartEdge, capfd: pytest.CaptureFixture[str]
) -> None:
    key = "a-secret-key-0123456789"
    edge = start_edge(AUTH_MODE="api_key", API_KEYS=key)
    batch = [event(user_id="anna"), event(user_id="anna", event_details={"diary": 1}, flag_type=1)]
    edge.post("/v1/events?who=anna", json=batch, headers={"Authorization": f"Bearer {key}"})
    output = log_output(capfd)
    line = json.loads(output)
    assert line["severity"] == "INFO"
    assert line["message"] == "POST /v1/events 202"
    assert line["httpRequest"]["status"] == 202
    assert 0 < float(line["httpRequest"]["latency"].removesuffix("s")) < 60
    assert (line["accepted"], line["rejected"]) == (1, 1)
    assert line["error_codes"] == {"wrong_type": 1}
    assert not any(secret in output for secret in ("anna", "diary", key))


@pytest.mark.parametrize(
    ("path", "status", "severity"),
    [("/health", 200, "INFO"), ("/nothing/here", 404, "WARNING")],
)
def test_the_severity_follows_the_status(
    start_edge: StartEdge,
    capfd: pytest.CaptureFixture[str],
    path: str,
    status: int,
    severity: str,
) -> None:
    assert start_edge().get(path).status_code == status
    [line] = log_lines(capfd)
    assert line["severity"] == severity
    assert "nothing" not in str(line)


def test_a_publishing_fault_is_an_error_with_pubsubs_code(
    start_edge: StartEdge, inbox: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    inbox.delete_topic()
    start_edge().post("/v1/events", json=event())
    [line] = log_lines(capfd)
    assert line["severity"] == "ERROR"
    assert (line["code"], line["pubsub_code"]) == ("publish_refused", "NOT_FOUND")


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (
            {"traceparent": f"00-{TRACE}-{SPAN}-01", "X-Cloud-Trace-Context": "f" * 32},
            {
                "logging.googleapis.com/trace": f"projects/aegis-local/traces/{TRACE}",
                "logging.googleapis.com/spanId": SPAN,
            },
        ),
        (
            {"X-Cloud-Trace-Context": f"{TRACE}/123;o=1"},
            {"logging.googleapis.com/trace": f"projects/aegis-local/traces/{TRACE}"},
        ),
        ({"traceparent": "00-zz-zz-01", "X-Cloud-Trace-Context": "x"}, {}),
    ],
)
def test_a_line_belongs_to_its_trace(
    start_edge: StartEdge,
    capfd: pytest.CaptureFixture[str],
    headers: dict[str, str],
    fields: dict[str, str],
) -> None:
    start_edge().get("/health", headers=headers)
    [line] = log_lines(capfd)
    found = {name: value for name, value in line.items() if name.startswith("logging.")}
    assert found == fields


def test_lines_below_the_level_are_left_out(
    start_edge: StartEdge, capfd: pytest.CaptureFixture[str]
) -> None:
    edge = start_edge(LOG_LEVEL="WARNING")
    edge.get("/health")
    edge.get("/nothing")
    assert [line["httpRequest"]["status"] for line in log_lines(capfd)] == [404]


def test_the_trace_travels_with_the_message(edge: httpx.Client, inbox: Inbox) -> None:
    context = f"00-{TRACE}-{SPAN}-01"
    edge.post("/v1/events", json=event(), headers={"traceparent": context})
    edge.post("/v1/events", json=event(), headers={"traceparent": "nonsense"})
    found = [dict(message.attributes).get("googclient_traceparent") for message in inbox.messages()]
    assert found == [context, None]
