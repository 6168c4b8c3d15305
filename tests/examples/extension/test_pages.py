"""Popup and options in each state: what they say first, readable by everyone, 320 pixels wide."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.axe import require_axe
from tests.examples.extension.accessibility import findings
from tests.examples.extension.browser import ORIGIN, Browser
from tests.examples.extension.function import API_KEY, Function

pytestmark = pytest.mark.xdist_group("extension")


@pytest.fixture(autouse=True)
def axe() -> None:
    require_axe()


@pytest.mark.usefixtures("topic")
def test_the_popup_says_in_one_sentence_how_it_is(browser: Browser, function: Function) -> None:
    found = {}

    def look(state: str, sentence: str) -> None:
        browser.expect_sentence(sentence)
        found[state] = findings(browser.page, f"popup-{state}")

    browser.expect_sentence("No event sent yet.")
    browser.record_many(3)
    look("sent", "All 3 events sent, ")
    browser.context.set_offline(True)
    browser.record_many(2)
    look("offline", "You are offline. 2 events are kept on this device.")
    function.stop()
    browser.context.set_offline(False)
    browser.send_now()
    look("unreachable", "Cannot reach 127.0.0.1")
    function.start()
    browser.save_options(function.endpoint, "not-the-key-of-this-server")
    browser.record_many(1)
    look("wrong_key", "The server does not know this API key.")
    function.restart({"MAX_EVENT_AGE_DAYS": "1"})
    browser.save_options(function.endpoint, API_KEY)
    browser.expect_sentence("All 6 events sent")
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    browser.record([{"signal_type": "page_view", "timestamp": two_days_ago}])
    browser.expect_sentence("6 events sent, ")
    browser.page.get_by_text("Edit, copy or remove").click()
    look("refused", "1 event refused.")
    assert [state for state in found if found[state]] == [], found
    assert browser.page.locator("#refused-list").inner_text().count("older than 1 days") == 1


def test_a_fresh_popup_leads_to_the_options(fresh_browser: Browser) -> None:
    fresh_browser.record_many(1)
    fresh_browser.expect_sentence("Not set up yet: no server is set.")
    assert findings(fresh_browser.page, "popup-fresh") == []
    with fresh_browser.context.expect_page() as opened:
        fresh_browser.page.get_by_role("button", name="Open options").click()
    assert opened.value.url == f"{ORIGIN}/options.html"


def test_the_options_say_what_the_server_says(fresh_browser: Browser, function: Function) -> None:
    page = fresh_browser.context.new_page()
    page.goto(f"{ORIGIN}/options.html")
    found = {"fresh": findings(page, "options-fresh")}

    def look(state: str, endpoint: str, key: str, result: str) -> None:
        save(page, endpoint, key)
        expect(page.locator("#result")).to_contain_text(result, timeout=30_000)
        found[state] = findings(page, f"options-{state}")

    address = f"127.0.0.1:{function.port}"
    look("no_address", "example", API_KEY, "Not saved: the endpoint must be an address")
    look("plain_http", "http://example.org/v1/events", API_KEY, "Not saved: the endpoint must use")
    look("accepted", function.endpoint, API_KEY, f"Saved. {address} accepts events")
    look("wrong_key", function.endpoint, "not-the-key-of-this-server", "does not know this API key")
    look("wrong_path", function.endpoint.replace("v1", "v9"), API_KEY, "has no /v9/events")
    function.restart({"ALLOWED_ORIGINS": "chrome-extension://someoneelse"})
    look("origin", function.endpoint, API_KEY, "does not accept this extension yet")
    function.stop()
    look("unreachable", function.endpoint, API_KEY, f"cannot reach {address}")
    assert [state for state in found if found[state]] == [], found


def save(page: Page, endpoint: str, key: str) -> None:
    page.get_by_label("Endpoint").fill(endpoint)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Save and test").click()


def test_what_is_typed_before_the_saved_options_show_stays(fresh_browser: Browser) -> None:
    fresh_browser.save_options("http://127.0.0.1:9/v1/events", "the-saved-key")
    page = fresh_browser.context.new_page()
    typed = "https://typed.example/v1/events"
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        f"  document.getElementById('endpoint').value = '{typed}'; }})"
    )
    page.goto(f"{ORIGIN}/options.html")
    expect(page.get_by_label("API key")).to_have_value("the-saved-key")
    assert page.get_by_label("Endpoint").input_value() == typed


def test_the_options_copy_the_line_for_the_server(fresh_browser: Browser) -> None:
    fresh_browser.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = fresh_browser.context.new_page()
    page.goto(f"{ORIGIN}/options.html")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#copied")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"ALLOWED_ORIGINS={ORIGIN}"


@pytest.mark.usefixtures("topic")
def test_the_badge_asks_for_a_person_where_one_must_act(
    browser: Browser, function: Function
) -> None:
    badge = "chrome.action.getBadgeText({})"
    browser.save_options(function.endpoint, "not-the-key-of-this-server")
    browser.record_many(1)
    browser.page.wait_for_function(f"async () => (await {badge}) === '!'")
    browser.save_options(function.endpoint, API_KEY)
    browser.page.wait_for_function(f"async () => (await {badge}) === ''")
    browser.expect_count("sent", 1)
