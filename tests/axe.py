"""axe-core in a page of the browser: what it finds there."""

from typing import Any

from playwright.sync_api import Page

from tests.machine import ROOT, missing

AXE = ROOT / "clients/javascript/node_modules/axe-core/axe.min.js"
# The page itself picks what is wrong: all that axe looked at is megabytes, and cost more to carry
# here than to find. Of the assets that it can load beforehand, its stable rules use media alone.
_RUN = """(tags) => axe.run({
    ...(tags.length > 0 && { runOnly: tags }),
    resultTypes: ["violations"],
    selectors: false,
    preload: { assets: ["media"] },
}).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`)))"""


def require_axe() -> None:
    """axe-core is one of the client's development tools."""
    if not AXE.is_file():
        missing("axe-core is not there: make client")


def violations(page: Page, *tags: str) -> list[str]:
    """Rule and element of each violation, by the rules with one of `tags` or by axe's choice."""
    if not page.evaluate("'axe' in window"):
        session = page.context.new_cdp_session(page)
        session.send("Runtime.evaluate", {"expression": AXE.read_text()})  # past the page's policy
        session.detach()
    found: Any = page.evaluate(_RUN, tags)
    return list(found)
