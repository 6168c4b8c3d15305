"""With PRIVACY=annotated, what a field's annotation takes away leaves the edge nowhere."""

from collections.abc import Iterator

import httpx
import orjson
import pytest

from flex_template.bigquery.group_commit.append_stream import EMULATOR_VARIABLE
from flex_template.message import Message
from local.bigquery.write_server import BigQueryWriteServer
from schemas import now_micros
from tests.flex_template.runs import run
from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox

SENTINEL = "Zx9Sentinel"
DETAILS = {
    "url": f"https://user:{SENTINEL}@example.org/{SENTINEL}?{SENTINEL}#{SENTINEL}",
    "title": f"{SENTINEL} and more",
    "video_id": SENTINEL,
    "dwell_ms": 5120,
}


@pytest.fixture
def edge(start_edge: StartEdge) -> httpx.Client:
    return start_edge(PRIVACY="annotated", USER_ID_HMAC_KEY="0123456789abcdef")


@pytest.fixture
def bigquery(monkeypatch: pytest.MonkeyPatch) -> Iterator[BigQueryWriteServer]:
    with BigQueryWriteServer() as server:
        monkeypatch.setenv(EMULATOR_VARIABLE, server.host)
        yield server


def sentinel_event(**fields: object) -> dict[str, object]:
    said = {"user_id": SENTINEL, "timestamp": "2026-11-18T00:00:00Z", "event_details": DETAILS}
    return event(schema_version=2, **said, **fields)


def test_only_what_the_annotations_keep_is_published(edge: httpx.Client, inbox: Inbox) -> None:
    assert edge.post("/v1/events", json=sentinel_event()).status_code == 202
    [published] = inbox.events()
    assert published["event_details"].keys() == {"url", "video_id", "dwell_ms"}
    assert published["event_details"]["url"] == "https://example.org"
    assert SENTINEL not in str(inbox.messages())


def test_a_sentinel_is_in_no_row_dead_letter_or_log(
    edge: httpx.Client,
    inbox: Inbox,
    bigquery: BigQueryWriteServer,
    capfd: pytest.CaptureFixture[str],
) -> None:
    refused = sentinel_event(confidence=7)
    answer = edge.post("/v1/events", json=[sentinel_event(), refused, {"user_id": SENTINEL}])
    assert answer.status_code == 202
    messages = [
        Message(each.data, dict(each.attributes), each.message_id, now_micros())
        for each in inbox.messages()
    ]
    cut = [each._replace(data=each.data[:-9], message_id="cut") for each in messages[:1]]
    run([*messages, *cut])
    assert len(bigquery.rows["events"]) == 1
    assert bigquery.rows["dead_letters"]
    written = capfd.readouterr()
    for text in (str(bigquery.rows), written.out, written.err, answer.text):
        assert SENTINEL not in text
        assert SENTINEL.lower() not in text.lower()


def test_privacy_is_off_unless_asked_for(start_edge: StartEdge, inbox: Inbox) -> None:
    plain = start_edge()
    plain.post("/v1/events", json=sentinel_event())
    assert orjson.loads(inbox.messages()[0].data)["event_details"] == DETAILS
