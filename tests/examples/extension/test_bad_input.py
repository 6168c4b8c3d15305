"""Input that the package refuses, through the bridge from a page to the worker."""

import pytest

from tests.examples.extension.browser import Browser

pytestmark = pytest.mark.xdist_group("extension")


@pytest.mark.parametrize(
    ("event", "code", "path"),
    [
        ("{}", "missing_field", "/signal_type"),
        ("null", "wrong_type", ""),
        ("{ signal_type: 'a', timestamp: new Date(NaN) }", "wrong_format", "/timestamp"),
        ("{ signal_type: 'a', confidence: NaN }", "malformed_json", "/confidence"),
        (
            "(() => { const a = {}; a.a = a; return { signal_type: 'a', event_details: a }; })()",
            "malformed_json",
            "/event_details/a",
        ),
        (
            "{ signal_type: 'a', event_details: { a: 'x'.repeat(70 * 1024) } }",
            "details_too_large",
            "/event_details",
        ),
        ("{ signal_type: 'a', event_details: { a: new Map() } }", "malformed_json", None),
        ("{ signal_type: 'a', event_details: { a: 1n } }", "malformed_json", None),
    ],
)
def test_bad_input_is_an_error_with_code_and_path(
    unset_browser: Browser, event: str, code: str, path: str | None
) -> None:
    found = unset_browser.call(
        f"client.record({event}).then(() => null, ({{ code, path }}) => ({{ code, path }}))"
    )
    assert found["code"] == code
    assert found["path"] == (path if path is not None else "/event_details/a")
    assert unset_browser.status()["queued"] == 0


def test_a_misspelt_call_is_answered_with_an_error(unset_browser: Browser) -> None:
    message = {"to": "@aegis/client", "call": "recrod", "arguments": [{"signal_type": "a"}]}
    answer = unset_browser.page.evaluate("(m) => chrome.runtime.sendMessage(m)", message)
    [error] = answer["error"]["errors"]
    assert (error["code"], error["path"]) == ("unknown_call", "/call")
