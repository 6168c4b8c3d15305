"""The package in a fresh extension: contexts that share a queue."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aegis_micro import Micro
from tests.examples.extension.browser import ORIGIN, Browser
from tests.examples.extension.chromium import LastingChromium
from tests.examples.extension.fresh import make_extension
from tests.machine import missing

pytestmark = pytest.mark.xdist_group("extension")

API_KEY = "a-key-for-the-fresh-extension"


@pytest.fixture
def micro() -> Iterator[Micro]:
    with Micro(api_key=API_KEY, allowed_origins=[ORIGIN]) as micro:
        yield micro


@pytest.fixture
def fresh(chromium: LastingChromium, micro: Micro, tmp_path: Path) -> Iterator[Browser]:
    if shutil.which("npm") is None:
        missing("not on PATH: npm (Debian package npm)")
    extension = make_extension(tmp_path / "extension", micro.endpoint(), API_KEY)
    with chromium.installed(extension) as browser:
        browser.show()
        yield browser


def test_contexts_that_share_a_queue_send_each_event_once(fresh: Browser, micro: Micro) -> None:
    """The worker and three pages, each with a client of its own on the same database."""
    pages = [fresh.context.new_page() for _ in range(3)]
    program = """async ([endpoint, key]) => {
        const { createClient } = await import("./aegis/index.js");
        const client = createClient({ endpoint, credentials: key });
        const records = Array.from({ length: 20 }, () => client.record({ signal_type: "shared" }));
        return Promise.all(records);
    }"""
    for page in pages:
        page.goto(f"{ORIGIN}/popup.html")
    ids = [
        event_id
        for page in pages
        for event_id in page.evaluate(program, [micro.endpoint(), API_KEY])
    ]
    fresh.call("client.flush()")
    arrived = [each["event"] for each in micro.wait_for_events(61)]
    shared = [event["event_id"] for event in arrived if event["signal_type"] == "shared"]
    assert sorted(shared) == sorted(ids)
