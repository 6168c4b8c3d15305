"""Every page and action in a real browser, in light and dark, wide and narrow."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_httpserver import HTTPServer

from console.app import create_app
from tests.axe import require_axe
from tests.console.browser import Visit, served, visit
from tests.console.letters import HOSTILE, broken_release
from tests.console.proxy import STRANGER, VIEWER, assertion, settings_behind
from tests.flex_template.replay.topic import Topic
from tests.machine import missing
from tests.warehouse import Warehouse

# One browser on one worker.
pytestmark = pytest.mark.xdist_group("console-browser")

PAGES = {
    "now": "/",
    "events": "/events",
    "dead-letters": "/dead-letters",
    "replays": "/replays",
    "reports": "/reports",
    "erase": "/erase",
}
GROUP = "/dead-letters/group?stage=edge&error_code=wrong_type&path=/confidence"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        missing("not on PATH: chromium (Debian package chromium) or google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def look(browser: Browser, address: str, filled: Warehouse) -> Iterator[Visit]:
    """A page that at the end must have stayed at home."""
    assert filled
    with visit(browser, address) as looking:
        yield looking
        assert looking.faults == []
        assert looking.hosts == {address.removeprefix("http://")}


@pytest.fixture(scope="module")
def axe() -> None:
    require_axe()


@pytest.mark.usefixtures("axe")
def test_every_page_fits_and_suits_axe_in_each_size_and_colours(look: Visit) -> None:
    found: dict[str, list[str]] = {}
    for name, path in _all_pages(look):
        look.goto(path)
        expect(look.page.locator("h1")).to_be_visible()
        found |= _faults(look, name)
    _preview(look, ".confidence |= tonumber")
    found |= _faults(look, "preview")
    assert found == {}


def _faults(look: Visit, name: str) -> dict[str, list[str]]:
    found = {}
    for shown in look.looks():
        look.picture(f"{name}-{shown}")
        overflow = ["is wider than the window"] if look.overflows() else []
        if faults := [*overflow, *look.violations()]:
            found[f"{name}-{shown}"] = faults
    return found


@pytest.mark.usefixtures("axe")
def test_a_group_is_repaired_previewed_and_replayed(look: Visit, topic: Topic) -> None:
    look.goto("/dead-letters")
    look.page.get_by_role("link", name="wrong_type at /confidence").click()
    look.page.get_by_label("A jq program").fill(".confidence |= tonumber")
    look.page.get_by_role("button", name="Preview").click()
    expect(look.page.get_by_role("status")).to_contain_text("6 of 7 would become rows")
    expect(look.page.get_by_text("not_repaired").first).to_be_visible()
    look.page.get_by_role("button", name="Replay 6").click()
    expect(look.page.get_by_text("Finished.")).to_be_visible(timeout=30_000)
    expect(look.page.get_by_text("6 of 6 published")).to_be_visible()
    assert len(topic.replayed_ids()) == 6
    assert _faults(look, "replay") == {}


def test_only_the_letters_ticked_are_replayed(look: Visit, topic: Topic) -> None:
    look.goto(GROUP)
    boxes = look.page.get_by_role("checkbox")
    boxes.nth(1).check()
    boxes.nth(2).check()
    look.page.get_by_label("A jq program").fill(".confidence = null")
    look.page.get_by_role("button", name="Preview").click()
    look.page.get_by_role("button", name="Replay 2").click()
    expect(look.page.get_by_text("2 of 2 published")).to_be_visible(timeout=30_000)
    assert len(topic.replayed_ids()) == 2


def test_a_program_that_does_not_compile_is_told(look: Visit) -> None:
    _preview(look, ".[")
    expect(look.page.get_by_role("alert")).to_contain_text("does not compile")


def test_hostile_values_are_text(look: Visit) -> None:
    look.goto("/dead-letters")
    look.page.get_by_role("link", name="unknown_field").click()
    look.page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(look.page.get_by_role("heading", name="Dead letter", exact=True)).to_be_visible()
    assert "taken" not in look.page.title()
    assert "\u202e" not in look.page.inner_text("main")
    assert HOSTILE[:39] in look.page.inner_text("main")


def test_a_user_is_counted_confirmed_and_erased(look: Visit, filled: Warehouse) -> None:
    look.goto("/erase")
    look.page.get_by_label("User id").fill("user-1")
    look.page.get_by_role("button", name="Count").click()
    look.page.get_by_role("checkbox").check()
    look.page.get_by_role("button", name="Erase").click()
    expect(look.page.get_by_role("status")).to_contain_text("nothing is left")
    assert "user-1" not in {row["user_id"] for row in filled.rows("events")}


def test_the_now_page_refreshes_itself(look: Visit, filled: Warehouse) -> None:
    look.goto("/")
    received = look.page.locator(".figures dd").first
    before = received.inner_text()
    filled.append("dead_letters", broken_release())
    expect(received).not_to_have_text(before, timeout=20_000)


def test_three_charts_are_drawn_from_the_reports(look: Visit) -> None:
    look.goto("/reports")
    expect(look.page.locator("canvas")).to_have_count(3)
    drawn = "canvas => canvas.getContext('2d').getImageData(0, 0, 999, 999).data.some(Boolean)"
    for canvas in look.page.locator("canvas").all():
        assert canvas.evaluate(drawn)


@pytest.mark.usefixtures("filled", "axe")
def test_a_viewer_sees_all_and_finds_nothing_to_act_with(
    browser: Browser, environment: dict[str, str], httpserver: HTTPServer
) -> None:
    app = create_app(environment | settings_behind(httpserver))
    with served(app) as address, visit(browser, address) as look:
        for person, title in [({}, "401"), (assertion(STRANGER), "403")]:
            look.page.set_extra_http_headers(person)
            look.goto("/erase")
            expect(look.page.locator("h1")).to_have_text(title)
        assert _faults(look, "refused") == {}
        look.page.set_extra_http_headers(assertion(VIEWER))
        look.goto("/erase")
        expect(look.page.get_by_text("Only operators may erase.")).to_be_visible()
        look.goto(GROUP)
        expect(look.page.get_by_role("row")).to_have_count(8)
        expect(look.page.locator("button, textarea, input:not([type=hidden])")).to_have_count(0)


def _preview(look: Visit, program: str) -> None:
    look.goto(GROUP)
    look.page.get_by_label("A jq program").fill(program)
    look.page.get_by_role("button", name="Preview").click()


def _all_pages(look: Visit) -> Iterator[tuple[str, str]]:
    yield from PAGES.items()
    yield "group", GROUP
    look.goto(GROUP)
    letter = look.page.get_by_role("row").nth(1).get_by_role("link").get_attribute("href")
    yield "letter", str(letter)
    yield "story", str(letter).replace("/dead-letters/", "/events/")
