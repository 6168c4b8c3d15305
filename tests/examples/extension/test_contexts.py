"""The package outside the worker: content script, page, private window, closing page."""

import mimetypes
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from werkzeug import Request, Response

from aegis_micro import Micro
from tests.examples.extension.browser import ORIGIN, Browser, extension_id
from tests.examples.extension.chromium import LastingChromium
from tests.examples.extension.fresh import PACKAGE, make_extension
from tests.http_server import serve

pytestmark = pytest.mark.xdist_group("extension")

# As README has it; the answers go where the test reads them.
CONTENT_SCRIPT = """
(async () => {
  const { connect } = await import(chrome.runtime.getURL("aegis/bridge.js"));
  const client = connect();
  document.body.dataset.recorded = await client.record({ signal_type: "from_content_script" });
  const said = (error) => `${error.code} ${error.path}`;
  document.body.dataset.bad = await client.record({ signal_type: NaN }).catch(said);
  document.body.dataset.status = await client.status().catch(said);
})();
"""
FROM_PAGE = """async (extensionId) => {
    const { connect } = await import("/src/bridge.js");
    const client = connect({ extensionId });
    const said = (error) => `${error.code} ${error.path}`;
    return [
        await client.record({ signal_type: "from_page" }),
        await client.flush().catch(said),
    ];
}"""


def files(request: Request) -> Response:
    """The package's modules, and for every other path an empty page."""
    path = PACKAGE / request.path.lstrip("/")
    if not request.path.startswith("/src/"):
        return Response("<!doctype html><title>A page</title><body>", content_type="text/html")
    return Response(path.read_bytes(), content_type=mimetypes.guess_type(path.name)[0])


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serve(files) as url:
        yield url


@pytest.fixture(scope="module")
def micro(site: str) -> Iterator[Micro]:
    with Micro(allowed_origins=[ORIGIN, site]) as micro:
        yield micro


@pytest.fixture(scope="module")
def browser(
    chromium: LastingChromium,
    site: str,
    micro: Micro,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("contexts")
    everywhere = ["http://127.0.0.1/*"]
    extension = make_extension(
        folder / "extension",
        micro.endpoint(),
        "",
        serve=f'serve(client, {{ pages: ["{site}"] }})',
        content_scripts=[{"matches": everywhere, "js": ["content.js"]}],
        web_accessible_resources=[{"matches": everywhere, "resources": ["aegis/*"]}],
        externally_connectable={"matches": everywhere},
    )
    (extension / "content.js").write_text(CONTENT_SCRIPT)
    with chromium.installed(extension) as browser:
        browser.show()
        yield browser


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    page = browser.context.new_page()
    page.goto(f"{site}/")
    yield page
    page.close()


def arrived(micro: Micro, event_id: str) -> dict[str, Any]:
    found = {each["event"]["event_id"]: each["event"] for each in micro.wait_for_events()}
    return found[event_id]  # type: ignore[no-any-return]


def test_a_content_script_records_in_three_lines_and_may_do_nothing_else(
    browser: Browser, page: Page, micro: Micro
) -> None:
    page.wait_for_function("document.body.dataset.status")
    said = page.evaluate("({ ...document.body.dataset })")
    assert said["bad"] == "malformed_json /signal_type"
    assert said["status"] == "unknown_call /call"
    browser.call("client.flush()")
    assert arrived(micro, said["recorded"])["signal_type"] == "from_content_script"


def test_a_page_that_is_named_records_through_the_extension_and_may_do_nothing_else(
    browser: Browser, page: Page, micro: Micro
) -> None:
    recorded, refused = page.evaluate(FROM_PAGE, extension_id())
    assert refused == "unknown_call /call"
    browser.call("client.flush()")
    assert arrived(micro, recorded)["signal_type"] == "from_page"


def test_a_page_that_is_not_named_is_not_answered(browser: Browser, site: str) -> None:
    stranger = browser.context.new_page()
    with serve(files) as other:
        assert other != site
        stranger.goto(f"{other}/")
        program = f"({FROM_PAGE})('{extension_id()}').catch((error) => String(error))"
        answer = stranger.evaluate(program)
    stranger.close()
    assert "no service worker serves" in answer or "Could not establish connection" in answer


def test_a_private_window_sends_and_forgets(
    chromium: LastingChromium, site: str, micro: Micro
) -> None:
    """A context without a profile is Chromium's off-the-record mode: its IndexedDB is in memory."""
    program = """async (endpoint) => {
        const { createClient } = await import("/src/index.js");
        const client = createClient({ endpoint });
        const id = await client.record({ signal_type: "private" });
        const before = await client.flush();
        const away = createClient({ endpoint: "http://127.0.0.1:9/v1/events" });
        await away.record({ signal_type: "left_behind" });
        return [id, before.sent, (await away.status()).queued];
    }"""
    asked = """async (endpoint) => {
        const { createClient } = await import("/src/index.js");
        const { queued, sent } = await createClient({ endpoint }).status();
        return [queued, sent];
    }"""
    with chromium.off_the_record() as private:
        page = private.new_page()
        page.goto(f"{site}/")
        event_id, sent, queued = page.evaluate(program, micro.endpoint())
    with chromium.off_the_record() as again:
        page = again.new_page()
        page.goto(f"{site}/")
        assert page.evaluate(asked, micro.endpoint()) == [0, 0]
    assert (sent, queued) == (1, 1)
    assert arrived(micro, event_id)["signal_type"] == "private"


CLOSING = """async (endpoint) => {
    const { createClient } = await import("./aegis/index.js");
    globalThis.keepalive = [];
    const send = globalThis.fetch;
    globalThis.fetch = (url, init) => {
        globalThis.keepalive.push(init.keepalive);
        return send(url, init);
    };
    let address = "http://127.0.0.1:9/v1/events";
    const client = createClient({ endpoint: () => address, database: crypto.randomUUID() });
    const text = () => Array.from(
        crypto.getRandomValues(new Uint8Array(60 * 1024)), (byte) => (byte % 36).toString(36),
    ).join("");
    for (let n = 0; n < 3; n += 1) {
        await client.record({ signal_type: "large", event_details: { text: text() } });
    }
    address = endpoint;
    const { sent } = await client.flush();
    const large = globalThis.keepalive.at(-1);
    globalThis.keepalive.length = 0;
    return [sent, large, await client.record({ signal_type: "closing" })];
}"""


def test_what_a_page_records_as_it_closes_still_arrives(browser: Browser, micro: Micro) -> None:
    """Chromium finishes a keepalive request without its page; all of them hold 64 KiB at most."""
    micro.reset()
    page = browser.context.new_page()
    page.goto(f"{ORIGIN}/popup.html")
    sent, large, event_id = page.evaluate(CLOSING, micro.endpoint())
    page.wait_for_function("() => keepalive.length > 0")  # text would be evaluated at each look
    assert (sent, large, page.evaluate("keepalive")) == (3, False, [True])
    page.close()
    micro.wait_for_events(4)
    assert arrived(micro, event_id)["signal_type"] == "closing"
