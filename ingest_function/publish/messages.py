"""Events as Pub/Sub messages, in the encoding of one `Publish` request.

Written as bytes: protobuf's objects cost more than all else that happens to an event.
https://protobuf.dev/programming-guides/encoding/, and `PublishRequest` and `PubsubMessage` in
https://github.com/googleapis/googleapis/blob/master/google/pubsub/v1/pubsub.proto.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

import orjson

_MESSAGES = b"\x12"  # PublishRequest.messages, field 2
_DATA = b"\x0a"  # PubsubMessage.data, field 1
_ATTRIBUTES = b"\x12"  # PubsubMessage.attributes, field 2: a map entry of key 1 and value 2
_KEY, _VALUE = b"\x0a", b"\x12"


def encode_messages(events: Sequence[Mapping[str, Any]], attributes: Mapping[str, str]) -> bytes:
    """A serialized `PublishRequest` of messages alone; every event has its `event_id`.

    Serialized protobufs that are joined end to end decode as one, with their repeated fields in
    order: so each request's messages are encoded once, whichever call takes them along.
    `attributes` are those that all messages of the request have.
    """
    same = b"".join([_attribute(name, value) for name, value in attributes.items()])
    encoded: list[bytes] = []
    for fields in events:
        data = orjson.dumps(fields)
        own = _schema_version(int(fields.get("schema_version", 1)))
        event_id: str = fields["event_id"]
        parts = (_DATA, _varint(len(data)), data, same, own, _EVENT_ID, event_id.encode())
        message = b"".join(parts)
        encoded += (_MESSAGES, _varint(len(message)), message)
    return b"".join(encoded)


def encode_message(data: bytes, attributes: Mapping[str, str]) -> bytes:
    """As `encode_messages`, for one message whose data are given."""
    encoded = [_attribute(name, value) for name, value in attributes.items()]
    return _field(_MESSAGES, b"".join((_field(_DATA, data), *encoded)))


def time_attribute(micros: int) -> str:
    """RFC 3339 in UTC, of microseconds since the Unix epoch."""
    seconds, fraction = divmod(micros, 1_000_000)
    return f"{_whole_seconds(seconds)}.{fraction:06}Z"


@lru_cache(maxsize=4)
def _whole_seconds(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


@cache
def _schema_version(version: int) -> bytes:
    return _attribute("schema_version", str(version))


def _attribute(name: str, value: str) -> bytes:
    encoded = value.encode()
    return _attribute_start(name, len(encoded)) + encoded


@lru_cache(maxsize=256)
def _attribute_start(name: str, size: int) -> bytes:
    """All of an attribute but its value of `size` bytes."""
    start = _field(_KEY, name.encode()) + _VALUE + _varint(size)
    return _ATTRIBUTES + _varint(len(start) + size) + start


def _field(tag: bytes, value: bytes) -> bytes:
    return tag + _varint(len(value)) + value


@lru_cache(maxsize=4096)
def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have the high bit."""
    if number < 0x80:  # noqa: PLR2004
        return number.to_bytes(1, "little")
    if number < 0x4000:  # noqa: PLR2004
        return bytes((number & 0x7F | 0x80, number >> 7))
    return bytes((number & 0x7F | 0x80,)) + _varint(number >> 7)


# A UUID has 36 characters, so all of its entry but the UUID itself is the same for every event.
_EVENT_ID = _attribute_start("event_id", 36)
