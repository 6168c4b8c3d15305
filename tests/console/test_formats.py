"""Whatever a value holds, a page shows it as text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.formats import MAX_COMPARED, MAX_TEXT, compared, hexadecimal, pretty, visible


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    controls = {chr(code) for code in (*range(32), *range(127, 160))} - {"\n", "\t"}
    assert not set(visible(text)) & {*controls, "\u202e", "\u2066", "\u200b", "\ufeff"}


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b'{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'),
        (b"{oops", "{oops"),
        (b"\xff", "\ufffd"),
        (b"\x00", "\u2400"),
        (b"[" * 60_000, "[" * 60_000),
    ],
)
def test_a_payload_is_pretty_where_it_is_json(payload: bytes, shown: str) -> None:
    assert pretty(payload) == shown


def test_a_payload_of_10_mb_is_shown_in_part() -> None:
    payload = json.dumps({"a": "x" * 10_000_000}).encode()
    assert len(pretty(payload)) == MAX_TEXT
    assert len(hexadecimal(payload)) < 100_000


def test_hexadecimal_shows_offset_bytes_and_text() -> None:
    shown = hexadecimal(b"ABC\x00" * 5).splitlines()
    assert shown[0].split() == ["00000000", *["41", "42", "43", "00"] * 4, "ABC.ABC.ABC.ABC."]
    assert shown[1].startswith("00000010  41 42 43 00 ")


def test_what_a_repair_changes_is_marked_on_both_sides() -> None:
    before, after = compared(b'{"a": 1, "b": "2"}', b'{"a": 1, "b": 2}')
    assert [line.strip() for line, changed in before if changed] == ['"b": "2"']
    assert [line.strip() for line, changed in after if changed] == ['"b": 2']
    assert len(before) == len(after) == 4


def test_long_payloads_are_compared_in_part() -> None:
    before, after = compared(b"\n" * 10_000_000, b"\n" * 5)
    assert (len(before), len(after)) == (MAX_COMPARED, 5)
