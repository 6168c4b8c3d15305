"""From `npm install` to rows: recorded = stored in the view, whatever is killed on the way.

`AEGIS_KILLS=30` makes it the long run; each kill takes a few seconds.
"""

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright

from local.pubsub.server import PubSubServer
from local.stack import Stack
from tests.end_to_end.tables import rows, wait_for
from tests.examples.extension.browser import ORIGIN, Browser
from tests.examples.extension.chromium import MortalBrowser
from tests.examples.extension.fresh import make_extension
from tests.machine import missing

KILLS = int(os.environ.get("AEGIS_KILLS", "4"))
SETTLE_ROUNDS = 200
FIRST_ROW = "SELECT event_id FROM aegis.events WHERE signal_type = 'installed'"
IN_VIEW = "SELECT event_id FROM aegis.events_deduplicated WHERE signal_type = 'kept'"
STORED = IN_VIEW.replace("_deduplicated", "")


@pytest.fixture
def whole_path(pubsub_server: PubSubServer) -> Iterator[Stack]:
    if shutil.which("npm") is None:
        missing("not on PATH: npm (Debian package npm)")
    with Stack(pubsub=pubsub_server, allowed_origins=ORIGIN) as stack:
        yield stack


@pytest.fixture
def fresh(
    playwright: Playwright, executable: str, whole_path: Stack, tmp_path: Path
) -> Iterator[MortalBrowser]:
    endpoint = f"{whole_path.url}/v1/events"
    extension = make_extension(tmp_path / "extension", endpoint, whole_path.api_key)
    browser = MortalBrowser(playwright, executable, tmp_path / "profile", extension)
    browser.start()
    yield browser
    browser.stop()


def order_fault(pubsub: PubSubServer, chance: random.Random) -> None:
    """The next calls of the edge fail, or are slow; some take effect although they fail."""
    pubsub.faults.clear()
    if chance.random() < 0.2:
        pubsub.faults.delay("Publish", 1)
        return
    code = chance.choice([grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND])
    pubsub.faults.fail("Publish", code, chance.randint(1, 3), applied=chance.random() < 0.5)


def record(browser: Browser, number: int) -> list[str]:
    """The ids of events that the client says it has, each recorded as often as that takes."""
    ids = browser.page.evaluate(
        f"Array.from({{ length: {number} }}, () => crypto.randomUUID())",
    )
    left = list(ids)
    while left:
        with suppress(PlaywrightError):  # the worker was ended before its answer
            browser.call('client.record({ signal_type: "kept", event_id: argument })', left[0])
            left.pop(0)
    return list(ids)


def test_what_is_recorded_is_in_the_view_once_whatever_is_killed(
    fresh: MortalBrowser, whole_path: Stack, pubsub_server: PubSubServer
) -> None:
    assert len(wait_for(whole_path, FIRST_ROW, bool)) == 1
    chance = random.Random(12)  # noqa: S311 - the same course in each run
    recorded: list[str] = []
    for _ in range(KILLS):
        order_fault(pubsub_server, chance)
        recorded += record(fresh, chance.randint(1, 20))
        if chance.random() < 0.5:
            fresh.stop_worker()
        else:
            fresh.kill()
            fresh.start()
    pubsub_server.faults.clear()
    for _ in range(SETTLE_ROUNDS):
        if fresh.call("client.flush()")["queued"] == 0:
            break
        fresh.page.wait_for_timeout(100)
    stored = wait_for(whole_path, IN_VIEW, lambda found: len(found) >= len(recorded))
    assert sorted(row["event_id"] for row in stored) == sorted(recorded)
    assert {row["event_id"] for row in rows(whole_path, STORED)} == set(recorded)
    assert rows(whole_path, "SELECT error_code FROM aegis.dead_letters") == []
    status = fresh.status()
    assert (status["queued"], status["queuedBytes"], status["dropped"]) == (0, 0, 0)
