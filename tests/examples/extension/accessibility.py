"""axe-core's findings and screenshots of a page, light and dark."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

AXE = Path(__file__).parents[3] / "clients/javascript/node_modules/axe-core/axe.min.js"
WIDTH = 320
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def findings(page: Page, pictures: Path, state: str) -> list[str]:
    """What axe finds, and whether the page is wider than the window; pictures are kept."""
    found: list[str] = []
    page.set_viewport_size({"width": WIDTH, "height": 900})
    page.evaluate(AXE.read_text())
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=pictures / f"{state}-{scheme}.png", full_page=True)
        results = page.evaluate("axe.run()")
        found += [f"{scheme}: {violation['id']}" for violation in results["violations"]]
    if page.evaluate("document.documentElement.scrollWidth") > WIDTH:
        found.append("wider than the window")
    return found
