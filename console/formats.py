"""How values look on a page; whatever they hold, they stay text."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

MAX_TEXT = 64 * 1024
MAX_HEX = 8 * 1024
_ROW = 16
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


def hexadecimal(payload: bytes) -> str:
    """The first `MAX_HEX` bytes: offset, 16 bytes in hex, the same in ASCII."""
    rows = range(0, min(len(payload), MAX_HEX), _ROW)
    return "\n".join(_hex_row(start, payload[start : start + _ROW]) for start in rows)


def _hex_row(start: int, row: bytes) -> str:
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004
    return f"{start:08x}  {row.hex(' '):47}  {text}"


def moment(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def number(value: Any) -> str:
    """With spaces between thousands; what is no number, as it is."""
    if value is None:
        return "\u2013"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return visible(value)
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


FILTERS: dict[str, Callable[..., str]] = {
    "visible": visible,
    "pretty": pretty,
    "hexadecimal": hexadecimal,
    "moment": moment,
    "number": number,
}
