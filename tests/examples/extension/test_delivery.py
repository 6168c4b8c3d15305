"""Every recorded event reaches Pub/Sub, or is kept aside with the reasons of its refusal."""

import json

import pytest

from tests.examples.extension.browser import Browser
from tests.examples.extension.topic import Topic

ASTRAY = "\ud800"  # half a surrogate pair: JavaScript sends it, no JSON parser may take it


def test_a_recorded_event_reaches_the_topic_with_its_defaults(
    browser: Browser, topic: Topic
) -> None:
    [event_id] = browser.record([{"signal_type": "page_view", "confidence": 0.5}])
    topic.wait_for([event_id])
    browser.expect_count("queued", 0)
    browser.expect_count("sent", 1)
    event = json.loads(topic.messages[0].data)
    assert event.keys() == {
        "event_id", "user_id", "timestamp", "source_platform", "signal_type", "confidence",
    }  # fmt: skip
    assert event["event_id"] == event_id
    assert event["source_platform"] == "chrome_extension"


def test_more_events_than_a_request_may_hold_go_in_several(browser: Browser, topic: Topic) -> None:
    event_ids = browser.record_many(1001)
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    assert sorted(topic.event_ids) == sorted(set(event_ids))
    requests = {message.attributes["request_id"] for message in topic.messages}
    assert 3 <= len(requests) <= 1001


def test_of_a_mixed_batch_the_refused_events_are_kept_aside(browser: Browser, topic: Topic) -> None:
    browser.context.set_offline(True)
    ids = browser.record(
        [{"signal_type": "page_view"}, {"signal_type": "Page View"}, {"signal_type": "scroll"}]
    )
    browser.context.set_offline(False)
    topic.wait_for([ids[0], ids[2]])
    browser.expect_count("queued", 0)
    browser.expect_count("sent", 2)
    browser.expect_count("refused", 1)
    assert browser.refused() == [f"{ids[1]}: wrong_format /signal_type"]
    assert set(topic.event_ids) == {ids[0], ids[2]}


@pytest.mark.parametrize(
    ("culprit", "reason"),
    [
        ({"signal_type": ASTRAY}, "400 malformed_json"),
        ({"signal_type": "big", "event_details": {"a": "x" * 1_100_000}}, "413 body_too_large"),
    ],
    ids=["unreadable", "too_large"],
)
def test_one_event_that_spoils_its_batch_does_not_stop_the_others(
    browser: Browser, topic: Topic, culprit: dict[str, object], reason: str
) -> None:
    browser.context.set_offline(True)
    good = browser.record_many(5)
    [bad] = browser.record([culprit])
    good += browser.record_many(5)
    browser.context.set_offline(False)
    topic.wait_for(good)
    browser.expect_count("queued", 0)
    browser.expect_count("sent", 10)
    assert browser.refused() == [f"{bad}: {reason}"]
