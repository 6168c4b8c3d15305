"""The extension in a browser, driven as a person and a content script would."""

import base64
import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

EXTENSION = Path(__file__).parents[3] / "examples" / "extension"
TIMEOUT_MS = 60_000


def extension_id() -> str:
    """Chromium's id for the manifest's key: half its SHA-256, in the letters a to p."""
    key = json.loads((EXTENSION / "manifest.json").read_bytes())["key"]
    digest = hashlib.sha256(base64.b64decode(key)).hexdigest()[:32]
    return digest.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))


ORIGIN = f"chrome-extension://{extension_id()}"


class Browser:
    """A browser that has the extension; `page` is its first tab, for the popup."""

    context: BrowserContext
    page: Page

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page = context.pages[0]

    def show(self) -> None:
        self.page.goto(f"{ORIGIN}/popup.html")

    def leave(self) -> None:
        """Have no page of the extension open."""
        self.page.goto("about:blank")

    def set_options(self, endpoint: str, api_key: str) -> str:
        """What the options page says after it has saved and tested them."""
        self.page.goto(f"{ORIGIN}/options.html")
        self.page.get_by_label("Endpoint").fill(endpoint)
        self.page.get_by_label("API key").fill(api_key)
        self.page.get_by_role("button", name="Save and test").click()
        result = self.page.locator("#result:not([data-tone=waiting])")
        text = result.text_content(timeout=TIMEOUT_MS) or ""
        self.show()
        return text

    def save_options(self, endpoint: str, api_key: str) -> None:
        """What the options page does as it saves them."""
        self.page.evaluate(
            """async (settings) => {
                const { writeSettings } = await import("./settings.js");
                await writeSettings(settings);
            }""",
            {"endpoint": endpoint, "apiKey": api_key},
        )

    def record(self, events: Iterable[dict[str, Any]]) -> list[str]:
        """The ids under which the service worker says it keeps `events`."""
        expression = "Promise.all(argument.map((event) => client.record(event)))"
        return self.call(expression, list(events))  # type: ignore[no-any-return]

    def call(self, expression: str, argument: object = None) -> Any:
        """What `expression` resolves to, over the client that a popup has, and `argument`."""
        return self.page.evaluate(
            f"""async (argument) => {{
                const {{ connect }} = await import("./aegis/bridge.js");
                const client = connect();
                return await ({expression});
            }}""",
            argument,
        )

    def record_many(self, number: int) -> list[str]:
        return self.record({"signal_type": f"signal_{index}"} for index in range(number))

    def expect_count(self, name: str, number: int) -> None:
        """Wait until the popup shows `number` as "queued", "sent" or "refused-count"."""
        expect(self.page.locator(f"#{name}")).to_have_text(str(number), timeout=TIMEOUT_MS)

    def expect_sentence(self, text: str) -> None:
        expect(self.page.locator("#sentence")).to_contain_text(text, timeout=TIMEOUT_MS)

    def expect_problem(self, code: str) -> None:
        """Wait until the last attempt to send failed with `code`."""
        expression = "client.status().then(({ problem }) => problem?.code ?? null)"
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while (found := self.call(expression)) != code:
            assert time.monotonic() < deadline, f"{found} instead of {code}"
            self.page.wait_for_timeout(100)

    def send_now(self) -> None:
        self.call("void client.flush()")

    def refused(self) -> list[tuple[str, str, str]]:
        """Id, code and path of the first error of each refused event, oldest first."""
        kept = self.call("client.refused()")
        return [
            (each["eventId"], each["errors"][0]["code"], each["errors"][0]["path"]) for each in kept
        ]

    def stop_worker(self) -> None:
        """End the service worker, as Chromium does when it has been idle."""
        session = self.context.new_cdp_session(self.page)
        session.send("ServiceWorker.enable")
        session.send("ServiceWorker.stopAllWorkers")
        session.detach()

    def status(self) -> dict[str, Any]:
        return self.call("client.status()")  # type: ignore[no-any-return]
