"""The queue is on disk: it outlives the service worker and the browser."""

from tests.examples.extension.browser import Browser
from tests.examples.extension.function import Function
from tests.examples.extension.topic import Topic


def test_a_browser_restart_loses_nothing(
    browser: Browser, topic: Topic, function: Function
) -> None:
    function.stop()
    event_ids = browser.record_many(20)
    browser.stop()
    function.start()
    browser.start()
    topic.wait_for(event_ids)
    browser.expect_count("queued", 0)
    browser.expect_count("sent", 20)


def test_a_worker_that_stopped_is_woken_by_its_alarm(
    browser: Browser, topic: Topic, function: Function
) -> None:
    function.stop()
    event_ids = browser.record_many(20)
    browser.expect_sentence("Cannot reach 127.0.0.1")
    browser.stop_worker()
    function.start()
    topic.wait_for(event_ids)
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
