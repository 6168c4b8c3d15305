"""Refused events are kept too: published with their exact bytes and marked, never as events.

The pipeline makes them dead letters of the stage `edge`. Where user ids are pseudonymised, bytes in
which no user id can be found are kept as size, hash and codes alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from json import JSONDecoder
from typing import Any, NamedTuple, cast

import orjson

from ingest_function.auth.access import Client
from ingest_function.events import Refusal
from ingest_function.publish.groups import QueueFull
from ingest_function.publish.messages import encode_message
from ingest_function.publish.publisher import EventPublisher, PublishFailed
from schemas import EventError
from schemas.privacy import Protect
from schemas.quarantine import data_digest, quarantine_attributes

# Their share of what the queue to Pub/Sub may hold: junk never crowds out events.
MAX_HELD_BYTES = 6 * 1024 * 1024
MAX_HELD_MESSAGES = 2_000
_decode = JSONDecoder(strict=False).raw_decode
_BRACKET_OR_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]')
_LEVELS = {"[": 1, "{": 1, "]": -1, "}": -1}
_SPACE_OR_COMMA = " \t\r\n,"


class Refused(NamedTuple):
    """Encoded messages of refused elements, and the elements' places in the request."""

    encoded: bytes
    places: frozenset[int]


_NOTHING = Refused(b"", frozenset())


class Quarantine:
    """Publishes refused events as far as their share of the queue allows."""

    def __init__(
        self, publisher: EventPublisher, protect: Protect | None, *, enabled: bool
    ) -> None:
        self._publisher = publisher
        self._protect = protect
        self._enabled = enabled
        self._bytes = 0
        self._messages = 0

    def of_body(
        self, body: bytes, errors: Sequence[EventError], attributes: Mapping[str, str]
    ) -> Refused:
        """The message of a body that cannot be parsed."""
        if not self._enabled:
            return _NOTHING
        encoded = self._encode(body, {}, errors, attributes)
        return Refused(encoded, frozenset({0}))

    def of_events(
        self,
        body: bytes,
        refusals: Sequence[Refusal],
        client: Client,
        attributes: Mapping[str, str],
    ) -> Refused:
        """The messages of refused elements, but not of users for whom the client may not speak."""
        kept = [each for each in refusals if _may_send(client, each.document)]
        if not kept or not self._enabled:
            return _NOTHING
        elements = _elements(body, {refusal.place for refusal in kept})
        encoded = [
            self._encode(elements[each.place], each.document, each.errors, attributes)
            for each in kept
        ]
        return Refused(b"".join(encoded), frozenset(elements))

    async def publish(self, refused: Refused, client: Client) -> bool:
        """Whether Pub/Sub holds them; what it does not, the client is told to keep."""
        size, count = len(refused.encoded), len(refused.places)
        if not count or not self._has_room(size, count):
            return False
        self._hold(size, count)
        try:
            await self._publisher.publish(refused.encoded, count, client.name)
        except (QueueFull, TimeoutError, PublishFailed):
            return False
        finally:
            self._hold(-size, -count)
        return True

    def _has_room(self, size: int, count: int) -> bool:
        fits = self._bytes + size <= MAX_HELD_BYTES
        return fits and self._messages + count <= MAX_HELD_MESSAGES

    def _hold(self, size: int, count: int) -> None:
        self._bytes += size
        self._messages += count

    def _encode(
        self,
        data: bytes,
        document: object,
        errors: Sequence[EventError],
        attributes: Mapping[str, str],
    ) -> bytes:
        if self._protect is not None:
            protected = _protected(self._protect, document)
            if protected is None:
                marks = quarantine_attributes(errors, data_digest(data))
                return encode_message(b"", {**attributes, **marks})
            data = protected
        return encode_message(data, {**attributes, **quarantine_attributes(errors)})


def _protected(protect: Protect, document: object) -> bytes | None:
    """The event as privacy has it, or None if no user id is found or it is nested too deeply."""
    if _user_id(document) is None:
        return None
    try:
        return orjson.dumps(protect(cast("dict[str, Any]", document)))
    except orjson.JSONEncodeError:  # of parsed JSON, orjson refuses only more than 254 levels
        return None


def _may_send(client: Client, document: object) -> bool:
    user_id = _user_id(document)
    return user_id is None or client.may_send(user_id)


def _user_id(document: object) -> str | None:
    user_id = document.get("user_id") if isinstance(document, dict) else None
    return user_id if isinstance(user_id, str) else None


def _elements(body: bytes, places: Iterable[int]) -> dict[int, bytes]:
    """The exact bytes of the elements at `places` of a body that is valid JSON."""
    text = body.decode()
    position = _skip(text, 0)
    if not text.startswith("[", position):
        return dict.fromkeys(places, body.strip())
    wanted = set(places)
    found: dict[int, bytes] = {}
    position, place = position + 1, 0
    while wanted:
        position = _skip(text, position)
        end = _end(text, position)
        if place in wanted:
            found[place] = text[position:end].encode()
            wanted.remove(place)
        position, place = end, place + 1
    return found


def _end(text: str, position: int) -> int:
    """Where the value that starts at `position` ends."""
    try:
        return _decode(text, position)[1]
    except RecursionError:  # about 1,000 levels, where orjson allows 1,024
        return _end_of_brackets(text, position)


def _end_of_brackets(text: str, position: int) -> int:
    levels = 0
    for match in _BRACKET_OR_STRING.finditer(text, position):
        levels += _LEVELS.get(match[0], 0)
        if levels == 0:
            return match.end()
    raise AssertionError("the text is valid JSON")


def _skip(text: str, position: int) -> int:
    while text[position] in _SPACE_OR_COMMA:
        position += 1
    return position
