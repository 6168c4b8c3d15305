"""Every recorded event reaches Pub/Sub, or is kept aside with the reasons of its refusal."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.examples.extension.browser import Browser
from tests.examples.extension.function import Function
from tests.examples.extension.topic import Topic

pytestmark = pytest.mark.xdist_group("extension")


def test_a_recorded_event_reaches_the_topic_with_its_defaults(
    browser: Browser, topic: Topic
) -> None:
    [event_id] = browser.record([{"signal_type": "page_view", "confidence": 0.5}])
    topic.wait_for([event_id])
    browser.expect_sentence("All 1 event sent")
    event = json.loads(topic.messages[0].data)
    assert event.keys() == {
        "event_id", "schema_version", "user_id", "timestamp", "source_platform", "signal_type",
        "confidence",
    }  # fmt: skip
    assert event["event_id"] == event_id
    assert event["source_platform"] == "chrome_extension"


def test_an_invalid_event_is_refused_at_once_and_not_queued(browser: Browser) -> None:
    error = browser.call(
        """client.record({ signal_type: "Page View" }).catch(
            ({ name, code, path }) => ({ name, code, path }))"""
    )
    assert error == {"name": "InvalidEventError", "code": "wrong_format", "path": "/signal_type"}
    assert browser.status()["queued"] == 0


def test_more_events_than_a_request_may_hold_go_in_several(browser: Browser, topic: Topic) -> None:
    browser.context.set_offline(True)
    event_ids = browser.record_many(501)
    browser.context.set_offline(False)
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    assert sorted(topic.event_ids) == sorted(event_ids)
    sizes = Counter(message.attributes["request_id"] for message in topic.messages)
    assert sorted(sizes.values()) == [1, 500]


def test_what_the_server_refuses_is_kept_aside_and_can_be_corrected(
    browser: Browser, topic: Topic, function: Function
) -> None:
    function.restart({"MAX_EVENT_AGE_DAYS": "1"})  # stricter than the client knows
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    events = [
        {"signal_type": "page_view"},
        {"signal_type": "late", "timestamp": two_days_ago},
        {"signal_type": "scroll"},
    ]
    ids = browser.record(events)
    topic.wait_for([ids[0], ids[2]])
    browser.expect_count("queued", 0)
    browser.expect_count("refused-count", 1)
    browser.expect_sentence("2 events sent")
    browser.expect_sentence("1 event refused")
    assert browser.refused() == [(ids[1], "timestamp_too_old", "/timestamp")]

    today = datetime.now(UTC).isoformat()
    browser.page.get_by_text("Edit, copy or remove").click()
    text = browser.page.get_by_label("The event as JSON")
    text.fill(text.input_value().replace(two_days_ago, today))
    browser.page.get_by_role("button", name="Send again").click()
    topic.wait_for([ids[1]])
    browser.expect_count("queued", 0)
    assert browser.refused() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"signal_type": "\\ud800"}', "malformed_json"),
        ('{"signal_type": "big", "event_details": "' + "x" * 1_100_000 + '"}', "body_too_large"),
    ],
    ids=["unreadable", "too_large"],
)
def test_one_event_that_spoils_its_batch_does_not_stop_the_others(
    browser: Browser, topic: Topic, body: str, code: str
) -> None:
    """`record` lets no such event in; a queue that an earlier release filled may hold one."""
    browser.context.set_offline(True)
    good = browser.record_many(5)
    browser.page.evaluate(
        """async (body) => {
            const { Database } = await import("./aegis/queue/database.js");
            const { EventQueue } = await import("./aegis/queue/event_queue.js");
            const bounds = { maxEvents: 100, maxBytes: 1e9, whenFull: "refuse" };
            await new EventQueue(new Database("aegis-client"), bounds).append("culprit", body);
        }""",
        body,
    )
    good += browser.record_many(5)
    browser.context.set_offline(False)
    topic.wait_for(good)
    browser.expect_count("queued", 0)
    browser.expect_count("sent", 10)
    assert browser.refused() == [("culprit", code, "")]
