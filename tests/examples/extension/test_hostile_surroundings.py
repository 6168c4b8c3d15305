"""Full or forbidden storage, clocks that jump, servers that are none, tokens that expire."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Playwright

from aegis_micro import Micro
from tests.examples.extension.browser import ORIGIN, Browser

API_KEY = "a-key-that-is-renewed-in-time"


@pytest.fixture
def micro() -> Iterator[Micro]:
    with Micro(api_key=API_KEY, allowed_origins=[ORIGIN]) as micro:
        yield micro


@pytest.fixture(scope="module")
def browser(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    browser = Browser(playwright, chromium, tmp_path_factory.mktemp("profile"))
    browser.start()
    yield browser
    browser.stop()


def run(browser: Browser, program: str, endpoint: str = "http://127.0.0.1:9/v1/events") -> Any:
    """What `program` returns in a fresh page of the extension; `make` makes its clients."""
    page = browser.context.new_page()
    page.goto(f"{ORIGIN}/popup.html")
    result = page.evaluate(
        f"""async (endpoint) => {{
            const {{ createClient }} = await import("./aegis/index.js");
            const make = (options) => createClient({{
                endpoint, database: crypto.randomUUID(), ...options }});
            const event = {{ signal_type: "a" }};
            {program}
        }}""",
        endpoint,
    )
    page.close()
    return result


def test_storage_that_is_off_is_an_error(browser: Browser) -> None:
    program = """
        indexedDB.open = () => { throw new DOMException("off", "SecurityError"); };
        return make({}).record(event).catch(({ name, code }) => [name, code]);"""
    assert run(browser, program) == ["StorageError", "storage_unavailable"]


def test_a_full_disk_is_an_error(browser: Browser) -> None:
    program = """
        IDBDatabase.prototype.transaction = () => {
            throw new DOMException("", "QuotaExceededError");
        };
        return make({}).record(event).catch(({ name, code }) => [name, code]);"""
    assert run(browser, program) == ["StorageError", "storage_full"]


def test_a_full_queue_refuses_what_is_new(browser: Browser) -> None:
    program = """
        const client = make({ bounds: { maxEvents: 1 } });
        await client.record(event);
        const code = await client.record(event).catch(({ code }) => code);
        return [code, (await client.status()).queued];"""
    assert run(browser, program) == ["queue_full", 1]


def test_a_full_queue_may_drop_the_oldest(browser: Browser) -> None:
    program = """
        const client = make({ bounds: { maxEvents: 2 }, whenFull: "drop_oldest" });
        for (let n = 0; n < 5; n += 1) await client.record(event);
        const { queued, dropped } = await client.status();
        return [queued, dropped];"""
    assert run(browser, program) == [2, 3]


def test_an_answer_in_html_is_no_answer(browser: Browser) -> None:
    program = """
        const html = () => new Response("<html>Log in</html>", { status: 200 });
        globalThis.fetch = async () => html();
        const client = make({});
        await client.record(event);
        const { queued, problem } = await client.flush();
        return [queued, problem.code];"""
    assert run(browser, program) == [1, "unexpected_answer"]


def test_a_clock_that_was_set_back_does_not_stop_sending(browser: Browser, micro: Micro) -> None:
    program = """
        const now = Date.now;
        const client = make({ endpoint: "http://127.0.0.1:9/v1/events", database: "clock" });
        Date.now = () => now() + 7 * 24 * 3600_000; // the failure is noted a week ahead
        await client.flush();
        await client.record({ ...event, timestamp: new Date(now()) });
        await client.flush();
        Date.now = now;
        const later = make({ credentials: "KEY", database: "clock" });
        await later.record(event);
        for (let n = 0; n < 100 && (await later.status()).queued > 0; n += 1) {
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return (await later.status()).sent;"""
    assert run(browser, program.replace("KEY", API_KEY), micro.endpoint()) == 2


def test_credentials_are_asked_for_again_after_a_401(browser: Browser, micro: Micro) -> None:
    program = """
        const asked = [];
        const credentials = (rejected) => {
            asked.push(rejected ?? null);
            return rejected ? "KEY" : "an-old-token-that-has-expired";
        };
        const client = make({ credentials });
        await client.record(event);
        const { sent } = await client.flush();
        return [sent, asked.slice(0, 2)];"""
    found = run(browser, program.replace("KEY", API_KEY), micro.endpoint())
    assert found == [1, [None, "an-old-token-that-has-expired"]]
