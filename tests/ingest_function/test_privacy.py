"""With PRIVACY=annotated, what a field's annotation takes away leaves the edge nowhere."""

import re
from html import unescape

import httpx
import orjson
import pytest

from console.app import create_app
from flex_template.message import Message
from schemas import now_micros
from tests.flex_template.runs import run
from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox
from tests.warehouse import Warehouse

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


def sentinel_event(**fields: object) -> dict[str, object]:
    said = {"user_id": SENTINEL, "timestamp": "2026-11-18T00:00:00Z", "event_details": DETAILS}
    return event(schema_version=2, **said, **fields)


def test_only_what_the_annotations_keep_is_published(edge: httpx.Client, inbox: Inbox) -> None:
    assert edge.post("/v1/events", json=sentinel_event()).status_code == 202
    [published] = inbox.events()
    assert published["event_details"].keys() == {"url", "video_id", "dwell_ms"}
    assert published["event_details"]["url"] == "https://example.org"
    assert SENTINEL not in str(inbox.messages())


def test_a_sentinel_is_in_no_row_dead_letter_log_or_page_of_the_console(
    edge: httpx.Client,
    inbox: Inbox,
    warehouse: Warehouse,
    capfd: pytest.CaptureFixture[str],
) -> None:
    refused = sentinel_event(confidence=7)
    answer = edge.post("/v1/events", json=[sentinel_event(), refused, {"user_id": SENTINEL}])
    assert answer.status_code == 202
    messages = [
        Message(each.data, dict(each.attributes), each.message_id, now_micros())
        for each in [*inbox.messages(), *inbox.quarantined()]
    ]
    cut = [each._replace(data=each.data[:-9], message_id="cut") for each in messages[:1]]
    tables = f"--events_table={warehouse.events}", f"--dead_letter_table={warehouse.dead_letters}"
    run([*messages, *cut], *tables)
    stored = {kind: warehouse.rows(kind) for kind in ("events", "dead_letters")}
    assert [len(rows) for rows in stored.values()] == [1, 3]
    pages = console_pages(warehouse)
    assert any(stored["events"][0]["event_id"] in page for page in pages.values())
    assert sum(path.startswith("/dead-letters/") for path in pages) >= 3
    written = capfd.readouterr()
    for text in (str(stored), str(pages), written.out, written.err, answer.text):
        assert SENTINEL.lower() not in text.lower()


def console_pages(warehouse: Warehouse) -> dict[str, str]:
    """Every page of the console that its links lead to, by path."""
    project, dataset = warehouse.dataset.split(".")
    environment = {
        "GCP_PROJECT_ID": project,
        "PUB_SUB_TOPIC_ID": "events",
        "BIGQUERY_DATASET_ID": dataset,
        "BIGQUERY_TABLE_ID": "events",
        "CONSOLE_ACCESS": "loopback",
    }
    client, pages, found = create_app(environment).test_client(), dict[str, str](), ["/"]
    while found:
        path = found.pop()
        if path not in pages:
            with client.get(path) as answer:
                pages[path] = answer.get_data(as_text=True)
            found += map(unescape, re.findall(r'href="(/[^"]*)"', pages[path]))
    return pages


def test_privacy_is_off_unless_asked_for(start_edge: StartEdge, inbox: Inbox) -> None:
    plain = start_edge()
    plain.post("/v1/events", json=sentinel_event())
    assert orjson.loads(inbox.messages()[0].data)["event_details"] == DETAILS
