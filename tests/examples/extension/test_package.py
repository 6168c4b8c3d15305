"""The package in a fresh extension: contexts that share a queue, and input that is refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from aegis_micro import Micro
from tests.examples.extension.browser import ORIGIN, Browser
from tests.examples.extension.fresh import make_extension
from tests.machine import missing

API_KEY = "a-key-for-the-fresh-extension"


@pytest.fixture
def micro() -> Iterator[Micro]:
    with Micro(api_key=API_KEY, allowed_origins=[ORIGIN]) as micro:
        yield micro


@pytest.fixture
def fresh(playwright: Playwright, chromium: str, micro: Micro, tmp_path: Path) -> Iterator[Browser]:
    if shutil.which("npm") is None:
        missing("not on PATH: npm (Debian package npm)")
    extension = make_extension(tmp_path / "extension", micro.endpoint(), API_KEY)
    browser = Browser(playwright, chromium, tmp_path / "profile", extension)
    browser.start()
    yield browser
    browser.stop()


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


@pytest.mark.parametrize(
    ("event", "code", "path"),
    [
        ("{}", "missing_field", "/signal_type"),
        ("null", "wrong_type", ""),
        ("{ signal_type: 'a', timestamp: new Date(NaN) }", "wrong_format", "/timestamp"),
        ("{ signal_type: 'a', confidence: NaN }", "malformed_json", "/confidence"),
        (
            "(() => { const a = {}; a.a = a; return { signal_type: 'a', event_details: a }; })()",
            "malformed_json",
            "/event_details/a",
        ),
        (
            "{ signal_type: 'a', event_details: { a: 'x'.repeat(70 * 1024) } }",
            "details_too_large",
            "/event_details",
        ),
        ("{ signal_type: 'a', event_details: { a: new Map() } }", "malformed_json", None),
        ("{ signal_type: 'a', event_details: { a: 1n } }", "malformed_json", None),
    ],
)
def test_bad_input_is_an_error_with_code_and_path(
    unset_browser: Browser, event: str, code: str, path: str | None
) -> None:
    found = unset_browser.call(
        f"client.record({event}).then(() => null, ({{ code, path }}) => ({{ code, path }}))"
    )
    assert found["code"] == code
    assert found["path"] == (path if path is not None else "/event_details/a")
    assert unset_browser.status()["queued"] == 0


def test_a_misspelt_call_is_answered_with_an_error(unset_browser: Browser) -> None:
    message = {"to": "@aegis/client", "call": "recrod", "arguments": [{"signal_type": "a"}]}
    answer = unset_browser.page.evaluate("(m) => chrome.runtime.sendMessage(m)", message)
    [error] = answer["error"]["errors"]
    assert (error["code"], error["path"]) == ("unknown_call", "/call")
