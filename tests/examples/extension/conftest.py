"""A real browser, the real function and a Pub/Sub with faults to order.

They start once for the whole folder, on one worker; each test finds them as if they just had.
"""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from local.pubsub import clients as pubsub_clients
from local.pubsub.server import PubSubServer
from tests.examples.extension.browser import ORIGIN, Browser
from tests.examples.extension.chromium import LastingChromium
from tests.examples.extension.function import API_KEY, PROJECT, TOPIC, Function
from tests.examples.extension.topic import Topic
from tests.machine import missing


@pytest.fixture(scope="package")
def executable() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        missing("not on PATH: chromium (Debian package chromium) or google-chrome")
    return found


@pytest.fixture(scope="package")
def playwright(executable: str) -> Iterator[Playwright]:  # noqa: ARG001 - no browser, no driver
    """Not for the session: its event loop would forbid asyncio.run to the tests that follow."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(
    playwright: Playwright, executable: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LastingChromium]:
    chromium = LastingChromium(playwright, executable, tmp_path_factory.mktemp("profile"))
    yield chromium
    chromium.context.close()


@pytest.fixture(scope="package")
def pubsub() -> Iterator[PubSubServer]:
    with PubSubServer() as server:
        yield server


@pytest.fixture
def topic(pubsub: PubSubServer) -> Iterator[Topic]:
    """It is there for this test alone, and so are the faults that the test orders."""
    name = f"projects/{PROJECT}/topics/{TOPIC}"
    subscription = f"projects/{PROJECT}/subscriptions/extension-test"
    with pubsub_clients.connect(pubsub.host) as channel:
        publisher = pubsub_clients.publisher(channel)
        subscriber = pubsub_clients.subscriber(channel)
        publisher.create_topic(name=name)
        subscriber.create_subscription(name=subscription, topic=name)
        yield Topic(subscriber, subscription)
        pubsub.faults.clear()
        subscriber.delete_subscription(subscription=subscription)
        publisher.delete_topic(topic=name)


@pytest.fixture(scope="package")
def lasting_function(
    pubsub: PubSubServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    function = Function(pubsub.host, ORIGIN, tmp_path_factory.mktemp("function"))
    yield function
    function.stop()


@pytest.fixture
def function(lasting_function: Function) -> Function:
    lasting_function.restore()
    return lasting_function


@pytest.fixture
def installed(chromium: LastingChromium) -> Iterator[Browser]:
    with chromium.installed() as browser:
        yield browser


@pytest.fixture
def fresh_browser(installed: Browser) -> Browser:
    """As just installed: nothing is set."""
    installed.show()
    return installed


@pytest.fixture(scope="module")
def unset_browser(chromium: LastingChromium) -> Iterator[Browser]:
    """The same for all tests of a module, which leave no setting behind."""
    with chromium.installed() as browser:
        browser.show()
        yield browser


@pytest.fixture
def browser(fresh_browser: Browser, function: Function) -> Browser:
    """Set up to send to `function`."""
    fresh_browser.save_options(function.endpoint, API_KEY)
    return fresh_browser
