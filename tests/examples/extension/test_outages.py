"""The queue loses nothing: every event recorded during an outage is in Pub/Sub after it.

It is on disk, and so outlives the service worker and the browser.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from playwright.sync_api import Playwright

from local.pubsub.server import PubSubServer
from tests.examples.extension.browser import ORIGIN, Browser
from tests.examples.extension.chromium import MortalBrowser
from tests.examples.extension.function import API_KEY, Function
from tests.examples.extension.topic import Topic

pytestmark = pytest.mark.xdist_group("extension")


@contextmanager
def outage(pubsub: PubSubServer) -> Iterator[None]:
    pubsub.stop()
    try:
        yield
    finally:
        pubsub.restart()


def test_events_recorded_offline_are_sent_once_online(browser: Browser, topic: Topic) -> None:
    browser.context.set_offline(True)
    event_ids = browser.record_many(3)
    browser.expect_sentence("You are offline")
    browser.expect_count("queued", 3)
    browser.context.set_offline(False)
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    assert sorted(topic.event_ids) == sorted(event_ids)


def test_a_503_is_retried_no_sooner_than_the_server_asks(
    browser: Browser, topic: Topic, pubsub: PubSubServer
) -> None:
    pubsub.faults.fail("Publish", grpc.StatusCode.PERMISSION_DENIED, times=1)
    began = time.time()
    event_ids = browser.record_many(1)
    browser.expect_problem("publish_refused")
    assert browser.status()["nextAttemptAt"] / 1000 >= began + 60
    browser.send_now()
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    browser.expect_sentence("All 1 event sent")


def test_a_503_whose_events_were_stored_repeats_the_same_event_ids(
    browser: Browser, topic: Topic, pubsub: PubSubServer
) -> None:
    pubsub.faults.fail("Publish", grpc.StatusCode.UNAVAILABLE, times=1000, applied=True)
    event_ids = browser.record_many(2)
    browser.expect_problem("publish_unavailable")
    browser.expect_count("queued", 2)
    pubsub.faults.clear()
    browser.send_now()
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    topic.pull()
    assert set(topic.event_ids) == set(event_ids)
    assert len({message.attributes["request_id"] for message in topic.messages}) > 1


def test_a_five_second_outage_of_pubsub_loses_nothing(
    browser: Browser, topic: Topic, pubsub: PubSubServer
) -> None:
    event_ids = browser.record_many(5)
    over = time.monotonic() + 5
    with outage(pubsub):
        while time.monotonic() < over:
            event_ids += browser.record_many(5)
            browser.page.wait_for_timeout(250)
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    browser.expect_count("sent", len(event_ids))


def test_a_restart_of_the_function_loses_nothing(
    browser: Browser, topic: Topic, function: Function
) -> None:
    event_ids = browser.record_many(200)
    function.stop()
    event_ids += browser.record_many(200)
    browser.expect_sentence("Cannot reach 127.0.0.1")
    function.start()
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    browser.expect_count("sent", len(event_ids))


def test_an_origin_that_is_not_allowed_loses_nothing(
    browser: Browser, topic: Topic, function: Function
) -> None:
    function.restart({"ALLOWED_ORIGINS": "chrome-extension://someoneelse"})
    event_ids = browser.record_many(3)
    browser.expect_sentence("The server does not accept this extension yet.")
    browser.expect_count("queued", 3)
    function.restart({"ALLOWED_ORIGINS": ORIGIN})
    browser.send_now()
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    assert sorted(topic.event_ids) == sorted(event_ids)  # none came before, under the other origin


def test_a_wrong_key_stops_sending_until_the_options_change(
    browser: Browser, topic: Topic, function: Function
) -> None:
    browser.set_options(function.endpoint, "another-key-than-that")
    event_ids = browser.record_many(3)
    browser.expect_sentence("The server does not know this API key.")
    assert browser.status()["state"] == "stopped"
    browser.expect_count("queued", 3)
    browser.set_options(function.endpoint, API_KEY)
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)


def test_a_browser_restart_loses_nothing(
    playwright: Playwright, executable: str, tmp_path: Path, topic: Topic, function: Function
) -> None:
    browser = MortalBrowser(playwright, executable, tmp_path / "profile")
    browser.start()
    browser.save_options(function.endpoint, API_KEY)
    function.stop()
    event_ids = browser.record_many(20)
    browser.stop()
    function.start()
    browser.start()
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    browser.expect_count("sent", 20)
    browser.stop()


def test_a_worker_that_stopped_is_woken_by_its_alarm(
    browser: Browser, topic: Topic, function: Function
) -> None:
    function.stop()
    event_ids = browser.record_many(20)
    browser.expect_sentence("Cannot reach 127.0.0.1")
    browser.leave()  # the popup asks the worker twice a second, which wakes it too
    browser.stop_worker()
    function.start()
    topic.wait_for(event_ids)
    browser.show()
    browser.expect_count("queued", 0)


def test_a_worker_stopped_in_the_middle_of_sending_loses_nothing(
    browser: Browser, topic: Topic
) -> None:
    event_ids = []
    for _ in range(5):
        event_ids += browser.record_many(50)
        browser.stop_worker()
    event_ids += browser.record_many(1)
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    assert set(topic.event_ids) == set(event_ids)
