"""How the edge marks an event that it refused: attributes that tell the pipeline why.

A marked message never becomes a row. Its data are the event's exact bytes, or empty where privacy
forbids to keep them; then `withheld_size` and `withheld_sha256` tell two of them apart.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from schemas.errors import ErrorCode, EventError

QUARANTINED = "quarantined"
WITHHELD_SIZE = "withheld_size"
WITHHELD_SHA256 = "withheld_sha256"
_MARK = "edge"
_ERROR = "edge_error_"
_MAX_ERRORS = 10  # 500 events in a request must fit one publish request all the same
# All attributes that mark a message; they are the edge's own words, and none of the client's.
MARKS = (
    QUARANTINED,
    WITHHELD_SIZE,
    WITHHELD_SHA256,
    *(f"{_ERROR}{number}" for number in range(_MAX_ERRORS)),
)
# https://cloud.google.com/pubsub/quotas#resource_limits: 1,024 bytes in an attribute's value.
_MAX_VALUE_BYTES = 1024
_MAX_TEXT = 256  # characters, of up to four bytes each


class Digest(NamedTuple):
    """The size in bytes and the SHA-256, in hex, of some data."""

    size: int
    sha256: str


def data_digest(data: bytes) -> Digest:
    return Digest(len(data), sha256_of(data))


def sha256_of(data: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def quarantine_attributes(
    errors: Sequence[EventError], withheld: Digest | None = None
) -> dict[str, str]:
    """The attributes that mark a message as refused for `errors`, the first `_MAX_ERRORS` of them.

    At most 13 attributes, each within Pub/Sub's limits.
    """
    marks = {QUARANTINED: _MARK}
    for number, error in enumerate(errors[:_MAX_ERRORS]):
        marks[f"{_ERROR}{number}"] = _encode(error)
    if withheld is not None:
        marks |= {WITHHELD_SIZE: str(withheld.size), WITHHELD_SHA256: withheld.sha256}
    return marks


def _encode(error: EventError) -> str:
    path, message = error.path[:_MAX_TEXT], error.message[:_MAX_TEXT]
    while True:
        encoded = orjson.dumps([error.code, path, message])
        if len(encoded) <= _MAX_VALUE_BYTES:
            return encoded.decode()
        path, message = path[: len(path) // 2], message[: len(message) // 2]


def is_quarantined(attributes: Mapping[str, str]) -> bool:
    """Whether the edge, or whoever published the message, marked it as refused."""
    return QUARANTINED in attributes


def quarantine_errors(attributes: Mapping[str, str]) -> tuple[EventError, ...]:
    """What `quarantine_attributes` wrote.

    Anyone may set attributes, and an edge may be newer than the pipeline: what cannot be read is
    one `invalid_attribute`, and the message is refused all the same.
    """
    found: list[EventError] = []
    while (text := attributes.get(f"{_ERROR}{len(found)}")) is not None:
        try:
            found.append(_decode(text))
        except (TypeError, ValueError):
            return (_unreadable(f"{_ERROR}{len(found)}"),)
    return tuple(found) or (_unreadable(f"{_ERROR}0"),)


def _decode(text: str) -> EventError:
    code, path, message = orjson.loads(text)
    if not isinstance(path, str) or not isinstance(message, str):
        raise TypeError(text)
    return EventError(ErrorCode(code), path, message)


def _unreadable(attribute: str) -> EventError:
    message = "must be a JSON list of an error's code, path and message"
    return EventError(ErrorCode.INVALID_ATTRIBUTE, f"/attributes/{attribute}", message)


def withheld(attributes: Mapping[str, str]) -> Digest | None:
    """Size and hash of the data that were not kept, or None where they were."""
    size = attributes.get(WITHHELD_SIZE)
    if size is None:
        return None
    sha256 = attributes.get(WITHHELD_SHA256, "")
    if not (size.isascii() and size.isdigit() and len(size) < 10 and len(sha256) == 64):  # noqa: PLR2004
        return None
    return Digest(int(size), sha256)


def without_quarantine(attributes: Mapping[str, str]) -> dict[str, str]:
    """The other attributes: those of the message that a replay publishes."""
    ours = (QUARANTINED, WITHHELD_SIZE, WITHHELD_SHA256)
    return {
        name: value
        for name, value in attributes.items()
        if name not in ours and not name.startswith(_ERROR)
    }
