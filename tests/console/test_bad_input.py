"""What means harm, or is too large, is shown as text and in part; the page stays whole."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from schemas import ErrorCode, now_micros
from tests.console.letters import HOSTILE, stored_row
from tests.warehouse import Warehouse, dead_letter

MEGABYTES = 9_000_000  # what one append of the emulator's client still takes
PATHS = [
    "/",
    "/events?q={hostile}",
    "/events/{hostile}",
    "/dead-letters",
    "/dead-letters/group?stage={hostile}&error_code={hostile}&path={hostile}",
    "/dead-letters/group?stage=validate&error_code=unknown_field&path=/{hostile}",
    "/dead-letters/{letter}",
    "/dead-letters/{hostile}",
    "/replays/{hostile}",
    "/reports",
]


class Tags(HTMLParser):
    """The tags of a page that none of our templates has, and the scripts that it loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        sources = str(given.get("src", "")).startswith("/static/")
        if tag in {"script", "img", "iframe", "object", "style"} and not sources:
            self.foreign.append(tag)
        self.foreign += [name for name in given if name.startswith("on")]


@pytest.fixture
def letter(warehouse: Warehouse) -> str:
    """The id of one with harm in every field; an event has it too."""
    hostile = dead_letter(
        f'{{"user_id": "{HOSTILE}"}}'.encode(),
        {HOSTILE[:60]: HOSTILE, "request_id": HOSTILE},
        message_id=HOSTILE,
        code=ErrorCode.UNKNOWN_FIELD,
        path=f"/{HOSTILE}",
        message=HOSTILE,
    )
    warehouse.append("dead_letters", [hostile])
    texts = ("user_id", "request_id", "source_platform", "topic_category")
    warehouse.append("events", [stored_row(now_micros(), **dict.fromkeys(texts, HOSTILE))])
    return str(hostile[0])


@pytest.mark.parametrize("path", PATHS)
def test_no_value_becomes_a_tag_or_a_control_character(
    client: FlaskClient, letter: str, path: str
) -> None:
    page = client.get(path.format(hostile=quote(HOSTILE, safe=""), letter=letter)).text
    assert Tags(page).foreign == []
    shown = re.sub('<input type="hidden"[^>]*>', "", page)  # a form's own values come back exactly
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert "</html>" in page


def test_a_payload_of_megabytes_is_shown_in_part_and_given_whole(
    client: FlaskClient, warehouse: Warehouse
) -> None:
    payload = b'{"user_id": "' + b"x" * MEGABYTES + b'"}'
    row = dead_letter(payload)
    warehouse.append("dead_letters", [row])
    page = client.get(f"/dead-letters/{row[0]}")
    assert (page.status_code, len(page.text) < 200_000) == (200, True)
    assert f"{len(payload):,} bytes" in page.text
    with client.get(f"/dead-letters/{row[0]}/payload") as whole:
        assert whole.data == payload
        assert whole.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (".user_id | tonumber", "cannot be parsed as a number"),
        (".[]", "it gives several values"),
        ("empty", "it gives no value"),
        ("def f: f; f", "it takes more than 2 s"),
    ],
)
def test_a_preview_says_why_a_program_has_no_one_answer(
    client: FlaskClient, warehouse: Warehouse, program: str, words: str
) -> None:
    letter = dead_letter(b'{"user_id": "a", "confidence": "0.5"}', code=ErrorCode.WRONG_TYPE)
    warehouse.append("dead_letters", [letter])
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/erase").text)
    assert token is not None
    form = {"csrf_token": token[1], "dead_letter_id": str(letter[0]), "repair": program}
    page = client.post("/replays/preview", data=form).text
    assert "0 of 1 would become rows" in page
    assert words in page
    assert "Replay 0" not in page
