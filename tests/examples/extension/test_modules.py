"""The extension's pure modules, run in its own pages."""

import re
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from playwright.sync_api import Page, Playwright

from tests.examples.extension.browser import Browser

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def page(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    browser = Browser(playwright, chromium, tmp_path_factory.mktemp("profile"))
    browser.start()
    yield browser.page
    browser.stop()


def test_event_ids_are_uuids_version_7(page: Page) -> None:
    call = "import('./uuid7.js').then(({ uuid7 }) => Array.from({ length: 100 }, () => uuid7(%d)))"
    event_ids = page.evaluate(call % 1_795_000_000_123)
    assert len(set(event_ids)) == 100
    assert all(UUID7.fullmatch(event_id) for event_id in event_ids)
    assert {int(event_id.replace("-", "")[:12], 16) for event_id in event_ids} == {
        1_795_000_000_123
    }


def pauses(page: Page, failures: int, retry_after: str | None = None) -> list[float]:
    """100 waits in milliseconds."""
    return page.evaluate(  # type: ignore[no-any-return]
        """([failures, header]) => import('./backoff.js').then(
            ({ pause }) => Array.from({ length: 100 }, () => pause(failures, header)))""",
        [failures, retry_after],
    )


def test_pauses_double_up_to_five_minutes_with_full_jitter(page: Page) -> None:
    for failures, ceiling in [(1, 1_000), (4, 8_000), (9, 256_000), (10, 300_000), (2000, 300_000)]:
        waits = pauses(page, failures)
        assert 0 <= min(waits) < ceiling / 2 < max(waits) <= ceiling


def test_a_pause_is_never_shorter_than_retry_after(page: Page) -> None:
    assert 30_000 <= min(pauses(page, 1, "30")) <= max(pauses(page, 1, "30")) <= 31_000
    in_a_minute = formatdate(time.time() + 60, usegmt=True)
    assert min(pauses(page, 1, in_a_minute)) > 50_000
    assert max(pauses(page, 1, "soon")) <= 1_000
    assert max(pauses(page, 1, "999999999")) <= 3_601_000
