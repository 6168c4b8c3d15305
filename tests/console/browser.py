"""A real browser that looks at the console."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests import axe

SIZES = {"wide": (1280, 900), "narrow": (360, 740)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SETTLE_SECONDS = 3
SCREENSHOTS = os.environ.get("CONSOLE_SCREENSHOTS")


class Visit:
    """One page of the browser, and what went wrong on it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _note(self, level: str, text: str) -> None:
        if level in {"error", "warning"}:
            self.faults.append(text)

    def goto(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def looks(self) -> Iterator[str]:
        """The page in each size and colours, one after another, without loading it again."""
        for size, (width, height) in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)
                yield f"{size}-{scheme}"

    def overflows(self) -> bool:
        """Whether the page stays wider than the window: a chart shrinks some frames after it."""
        script = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.page.evaluate(script):
            if time.monotonic() > deadline:
                return True
            self.page.wait_for_timeout(50)
        return False

    def violations(self) -> list[str]:
        """What axe finds against WCAG 2.2 at level AA."""
        return axe.violations(self.page, "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

    def picture(self, name: str, *, full: bool = False) -> None:
        """Kept where `CONSOLE_SCREENSHOTS` names a folder: those in docs/images are made so."""
        if SCREENSHOTS:
            self.page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=full)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Where `app` listens."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """A page, wide and light."""
    width, height = SIZES["wide"]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", device_scale_factor=1
    )
    try:
        yield Visit(context.new_page(), address)
    finally:
        context.close()
