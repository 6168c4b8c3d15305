"""The package as npm packs it, in a fresh extension: nothing is lost, whatever is killed.

`AEGIS_KILLS=30` makes it the long run; each kill takes a few seconds.
"""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright

from aegis_micro import Micro
from tests.examples.extension.browser import EXTENSION, ORIGIN, Browser
from tests.machine import missing

PACKAGE = EXTENSION.parents[1] / "clients" / "javascript"
API_KEY = "a-key-for-the-fresh-extension"
KILLS = int(os.environ.get("AEGIS_KILLS", "4"))
SETTLE_ROUNDS = 200
BACKGROUND = """
import { serve } from "./aegis/bridge.js";
import { createClient } from "./aegis/index.js";

const client = createClient({ endpoint: "ENDPOINT", credentials: () => "API_KEY" });
serve(client);
"""
FAULTS = (
    {"status": 503},
    {"status": 503, "stored": True},
    {"status": 429},
    {"status": 500},
    {"delay_seconds": 1},
)


@pytest.fixture
def micro() -> Iterator[Micro]:
    with Micro(api_key=API_KEY, allowed_origins=[ORIGIN]) as micro:
        yield micro


@pytest.fixture
def fresh_extension(micro: Micro, tmp_path: Path) -> Path:
    """As the package's README says: installed from what `npm pack` made, then copied."""
    npm = shutil.which("npm")
    if npm is None:
        missing("not on PATH: npm (Debian package npm)")
    folder = tmp_path / "extension"
    folder.mkdir()
    pack = [npm, "pack", "--silent", "--pack-destination", str(tmp_path), str(PACKAGE)]
    packed = subprocess.run(pack, check=True, capture_output=True, text=True, cwd=tmp_path)
    install = [npm, "install", "--offline", "--no-package-lock", "--no-audit", "--no-fund"]
    tarball = str(tmp_path / packed.stdout.split()[-1])
    subprocess.run([*install, tarball], check=True, capture_output=True, cwd=folder)
    shutil.copytree(folder / "node_modules" / "@aegis" / "client" / "src", folder / "aegis")
    manifest = {
        "manifest_version": 3,
        "name": "Fresh",
        "version": "1.0.0",
        "key": json.loads((EXTENSION / "manifest.json").read_bytes())["key"],
        "permissions": ["alarms", "storage", "unlimitedStorage"],
        "background": {"service_worker": "background.js", "type": "module"},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    background = BACKGROUND.replace("ENDPOINT", micro.endpoint()).replace("API_KEY", API_KEY)
    (folder / "background.js").write_text(background)
    (folder / "popup.html").write_text("<!doctype html><title>Fresh</title>")
    return folder


@pytest.fixture
def fresh(
    playwright: Playwright, chromium: str, fresh_extension: Path, tmp_path: Path
) -> Iterator[Browser]:
    browser = Browser(playwright, chromium, tmp_path / "profile", fresh_extension)
    browser.start()
    yield browser
    browser.stop()


def record(browser: Browser, number: int) -> list[str]:
    """The ids of events that the client says it has, each recorded as often as that takes."""
    ids = browser.page.evaluate(
        f"Array.from({{ length: {number} }}, () => crypto.randomUUID())",
    )
    left = list(ids)
    while left:
        with suppress(PlaywrightError):  # the worker was ended before its answer
            browser.call(
                """client.record({ signal_type: "kept", event_id: argument })""",
                left[0],
            )
            left.pop(0)
    return list(ids)


def test_kills_at_random_lose_nothing_while_the_server_fails(fresh: Browser, micro: Micro) -> None:
    chance = random.Random(12)  # noqa: S311 - the same course in each run
    recorded: list[str] = []
    for _ in range(KILLS):
        micro.order_fault(**chance.choice(FAULTS), times=chance.randint(1, 2))
        recorded += record(fresh, chance.randint(1, 20))
        if chance.random() < 0.5:
            fresh.stop_worker()
        else:
            fresh.kill()
            fresh.start()
    for _ in range(SETTLE_ROUNDS):
        if fresh.call("client.flush()")["queued"] == 0:
            break
        fresh.page.wait_for_timeout(100)
    arrived = [each["event"]["event_id"] for each in micro.wait_for_events()]
    assert set(arrived) == set(recorded)
    assert micro.wait_for_refused() == [] or all(
        refused["status"] >= 429 for refused in micro.wait_for_refused()
    )
    status = fresh.status()
    assert (status["queued"], status["queuedBytes"], status["dropped"]) == (0, 0, 0)


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
    arrived = [each["event"]["event_id"] for each in micro.wait_for_events(60)]
    assert sorted(arrived) == sorted(ids)


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
@pytest.mark.xdist_group("bad_input")
def test_bad_input_is_an_error_with_code_and_path(
    bad_input_browser: Browser, event: str, code: str, path: str | None
) -> None:
    found = bad_input_browser.call(
        f"client.record({event}).then(() => null, ({{ code, path }}) => ({{ code, path }}))"
    )
    assert found["code"] == code
    assert found["path"] == (path if path is not None else "/event_details/a")
    assert bad_input_browser.status()["queued"] == 0


def test_a_misspelt_call_is_answered_with_an_error(bad_input_browser: Browser) -> None:
    message = {"to": "@aegis/client", "call": "recrod", "arguments": [{"signal_type": "a"}]}
    answer = bad_input_browser.page.evaluate("(m) => chrome.runtime.sendMessage(m)", message)
    [error] = answer["error"]["errors"]
    assert (error["code"], error["path"]) == ("unknown_call", "/call")


@pytest.fixture(scope="module")
def bad_input_browser(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    browser = Browser(playwright, chromium, tmp_path_factory.mktemp("profile"))
    browser.start()
    yield browser
    browser.stop()
