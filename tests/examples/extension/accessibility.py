"""What axe-core finds on a page of the extension, light and dark, in a narrow window."""

import os
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests import axe

WIDTH = 320
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SCREENSHOTS = os.environ.get("EXTENSION_SCREENSHOTS")


def findings(page: Page, state: str) -> list[str]:
    """What axe finds, and whether the page is wider than the window.

    Pictures are kept where `EXTENSION_SCREENSHOTS` names a folder.
    """
    found: list[str] = []
    page.set_viewport_size({"width": WIDTH, "height": 900})
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{state}-{scheme}.png", full_page=True)
        found += [f"{scheme}: {violation}" for violation in axe.violations(page)]
    if page.evaluate("document.documentElement.scrollWidth") > WIDTH:
        found.append("wider than the window")
    return found
