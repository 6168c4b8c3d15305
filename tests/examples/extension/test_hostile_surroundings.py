"""Full or forbidden storage, clocks that jump, servers that are none, tokens that expire."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from aegis_micro import Micro
from tests.examples.extension.browser import ORIGIN, Browser

pytestmark = pytest.mark.xdist_group("extension")

API_KEY = "a-key-that-is-renewed-in-time"


@pytest.fixture
def micro() -> Iterator[Micro]:
    with Micro(api_key=API_KEY, allowed_origins=[ORIGIN]) as micro:
        yield micro


def run(browser: Browser, program: str, endpoint: str = "http://127.0.0.1:9/v1/events") -> Any:
    """What `program` returns in a page loaded anew; `make` makes its clients."""
    browser.show()
    return browser.page.evaluate(
        f"""async (endpoint) => {{
            const {{ createClient }} = await import("./aegis/index.js");
            const make = (options) => createClient({{
                endpoint, database: crypto.randomUUID(), ...options }});
            const event = {{ signal_type: "a" }};
            {program}
        }}""",
        endpoint,
    )


def test_storage_that_is_off_is_an_error(unset_browser: Browser) -> None:
    program = """
        indexedDB.open = () => { throw new DOMException("off", "SecurityError"); };
        return make({}).record(event).catch(({ name, code }) => [name, code]);"""
    assert run(unset_browser, program) == ["StorageError", "storage_unavailable"]


def test_a_full_disk_is_an_error(unset_browser: Browser) -> None:
    program = """
        IDBDatabase.prototype.transaction = () => {
            throw new DOMException("", "QuotaExceededError");
        };
        return make({}).record(event).catch(({ name, code }) => [name, code]);"""
    assert run(unset_browser, program) == ["StorageError", "storage_full"]


def test_a_full_queue_refuses_what_is_new(unset_browser: Browser) -> None:
    program = """
        const client = make({ bounds: { maxEvents: 1 } });
        await client.record(event);
        const code = await client.record(event).catch(({ code }) => code);
        return [code, (await client.status()).queued];"""
    assert run(unset_browser, program) == ["queue_full", 1]


def test_a_full_queue_may_drop_the_oldest(unset_browser: Browser) -> None:
    program = """
        const client = make({ bounds: { maxEvents: 2 }, whenFull: "drop_oldest" });
        for (let n = 0; n < 5; n += 1) await client.record(event);
        const { queued, dropped } = await client.status();
        return [queued, dropped];"""
    assert run(unset_browser, program) == [2, 3]


def test_an_answer_in_html_is_no_answer(unset_browser: Browser) -> None:
    program = """
        const html = () => new Response("<html>Log in</html>", { status: 200 });
        globalThis.fetch = async () => html();
        const client = make({});
        await client.record(event);
        const { queued, problem } = await client.flush();
        return [queued, problem.code];"""
    assert run(unset_browser, program) == [1, "unexpected_answer"]


def test_a_clock_that_was_set_back_does_not_stop_sending(
    unset_browser: Browser, micro: Micro
) -> None:
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
    assert run(unset_browser, program.replace("KEY", API_KEY), micro.endpoint()) == 2


def test_credentials_are_asked_for_again_after_a_401(unset_browser: Browser, micro: Micro) -> None:
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
    found = run(unset_browser, program.replace("KEY", API_KEY), micro.endpoint())
    assert found == [1, [None, "an-old-token-that-has-expired"]]


GOOGLE = """
    const claims = { nonce: "fixed", sub: "subject", exp: Date.now() / 1000 + 3600 };
    const tokens = [btoa(JSON.stringify({ ...claims, jti: "1" })), "CLAIMS"];
    const asked = [];
    crypto.randomUUID = () => "fixed"; // the nonce, so that the test can write the tokens
    chrome.identity = {
        getRedirectURL: () => "https://id.chromiumapp.org/",
        launchWebAuthFlow: async ({ url, interactive }) => {
            const { searchParams, origin } = new URL(url);
            asked.push([origin, searchParams.get("client_id"), searchParams.get("response_type"),
                searchParams.get("prompt"), interactive]);
            return `https://id.chromiumapp.org/#id_token=h.${tokens[asked.length - 1]}.s`;
        },
    };
    const { googleIdToken } = await import("./aegis/google.js");
    const google = googleIdToken({ clientId: "ours" });
    const defaults = async () => ({ user_id: await google.subject() });
    const client = make({ credentials: google, defaults, database: "google" });
    await client.record(event);
    await client.record(event);
    const { sent, problem } = await client.flush();
    return [sent, problem, asked];"""


def test_a_google_token_that_the_server_refuses_is_fetched_anew_once(
    unset_browser: Browser,
) -> None:
    later = {"nonce": "fixed", "sub": "subject", "exp": 4_000_000_000, "jti": "2"}
    claims = base64.b64encode(json.dumps(later).encode()).decode().rstrip("=")
    with Micro(api_key=f"h.{claims}.s", allowed_origins=[ORIGIN]) as micro:
        program = GOOGLE.replace("CLAIMS", claims)
        sent, problem, asked = run(unset_browser, program, micro.endpoint())
        events = [each["event"] for each in micro.wait_for_events(2)]
    assert (sent, problem) == (2, None)
    assert asked == [["https://accounts.google.com", "ours", "id_token", "none", False]] * 2
    assert [event["user_id"] for event in events] == ["subject"] * 2


def test_a_google_token_for_another_request_is_no_token(unset_browser: Browser) -> None:
    program = GOOGLE.replace('nonce: "fixed"', 'nonce: "stolen"').replace("CLAIMS", "e30=")
    program = program.replace("await client.record(event);", "", 1).replace(
        "await client.record(event);",
        "return google().catch(({ message }) => message);",
    )
    assert run(unset_browser, program) == "Google gave no ID token"
