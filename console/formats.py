"""How values look on a page; whatever they hold, they stay text."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any

# A page shows the beginning of a payload of up to 10 MB; all of it can be downloaded.
MAX_TEXT = 64 * 1024
MAX_HEX = 8 * 1024
MAX_COMPARED = 500  # lines take some 15 ms, twice as many about 90
_ROW = 16
Line = tuple[str, bool]
_CONTROL_PICTURES = 0x2400  # "Control Pictures", Unicode
# They reorder or hide what stands beside them: UAX #9 and #44.
_INVISIBLE = {*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF}


def visible(text: object) -> str:
    """Control characters as pictures, so that a value cannot hide or reorder anything."""
    return "".join(map(_visible, str(text)))


def _visible(char: str) -> str:
    code = ord(char)
    if code in _INVISIBLE or 0x7F < code < 0xA0 or 0xD7FF < code < 0xE000:  # noqa: PLR2004
        return "\ufffd"
    if code == 0x7F:  # noqa: PLR2004 - DEL's picture stands apart
        return "\u2421"
    return chr(_CONTROL_PICTURES + code) if code < 0x20 and char not in "\n\t" else char  # noqa: PLR2004


def pretty(payload: bytes) -> str:
    """JSON with indentation, or the text as it is, at most `MAX_TEXT` characters."""
    text = payload[: 4 * MAX_TEXT].decode(errors="replace")
    if len(payload) <= MAX_TEXT:
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
    return visible(text[:MAX_TEXT])


def compared(before: bytes, after: bytes) -> tuple[list[Line], list[Line]]:
    """Both as pretty lines, each with whether it stands on its side alone.

    The first `MAX_COMPARED` lines of each: comparing more takes long, and marks help nobody there.
    """
    old, new = (pretty(payload).splitlines()[:MAX_COMPARED] for payload in (before, after))
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    kept_old = {block.a + offset for block in blocks for offset in range(block.size)}
    kept_new = {block.b + offset for block in blocks for offset in range(block.size)}
    return _marked(old, kept_old), _marked(new, kept_new)


def _marked(lines: list[str], kept: set[int]) -> list[Line]:
    return [(line, number not in kept) for number, line in enumerate(lines)]


def hexadecimal(payload: bytes) -> str:
    """The first `MAX_HEX` bytes: offset, 16 bytes in hex, the same in ASCII."""
    rows = range(0, min(len(payload), MAX_HEX), _ROW)
    return "\n".join(_hex_row(start, payload[start : start + _ROW]) for start in rows)


def _hex_row(start: int, row: bytes) -> str:
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004
    return f"{start:08x}  {row.hex(' '):47}  {text}"


def moment(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def second(value: datetime) -> str:
    return moment(value).partition(".")[0]


def number(value: Any) -> str:
    """With commas between thousands; what is not a number, as it is."""
    if value is None:
        return "\u2013"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return visible(value)
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


FILTERS: dict[str, Callable[..., Any]] = {
    "compared": compared,
    "visible": visible,
    "pretty": pretty,
    "hexadecimal": hexadecimal,
    "moment": moment,
    "second": second,
    "number": number,
}
