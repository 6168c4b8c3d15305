"""A real browser, the real function and a Pub/Sub with faults to order."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from local.pubsub import clients as pubsub_clients
from local.pubsub.server import PubSubServer
from tests.examples.extension.browser import ORIGIN, Browser
from tests.examples.extension.function import API_KEY, PROJECT, TOPIC, Function
from tests.examples.extension.topic import Topic
from tests.machine import missing


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        missing("not on PATH: chromium (Debian package chromium) or google-chrome")
    return found


@pytest.fixture(scope="module")
def playwright(chromium: str) -> Iterator[Playwright]:  # noqa: ARG001 - no browser, no driver
    """Not for the session: its event loop would forbid asyncio.run to the tests that follow."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def topic(pubsub_server: PubSubServer) -> Iterator[Topic]:
    name = f"projects/{PROJECT}/topics/{TOPIC}"
    subscription = f"projects/{PROJECT}/subscriptions/extension-test"
    with pubsub_clients.connect(pubsub_server.host) as channel:
        subscriber = pubsub_clients.subscriber(channel)
        pubsub_clients.publisher(channel).create_topic(name=name)
        subscriber.create_subscription(name=subscription, topic=name)
        yield Topic(subscriber, subscription)


@pytest.fixture
def function(pubsub_server: PubSubServer, tmp_path: Path) -> Iterator[Function]:
    function = Function(pubsub_server.host, ORIGIN, tmp_path)
    function.start()
    yield function
    function.stop()


@pytest.fixture
def fresh_browser(playwright: Playwright, chromium: str, tmp_path: Path) -> Iterator[Browser]:
    """As just installed: nothing is set."""
    browser = Browser(playwright, chromium, tmp_path / "profile")
    browser.start()
    yield browser
    browser.stop()


@pytest.fixture(scope="module")
def unset_browser(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The same for all tests of a module, which leave no setting behind."""
    browser = Browser(playwright, chromium, tmp_path_factory.mktemp("profile"))
    browser.start()
    yield browser
    browser.stop()


@pytest.fixture
def browser(fresh_browser: Browser, function: Function) -> Browser:
    """Set up through the options page to send to `function`."""
    fresh_browser.set_options(function.endpoint, API_KEY)
    return fresh_browser
