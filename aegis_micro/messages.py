"""Reads the Pub/Sub messages that the edge encodes (`ingest_function.publish.messages`).

Written by hand, since Google's classes take longer to import than all of this to start:
https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from typing import NamedTuple

_LENGTH_DELIMITED = 2  # the wire type of texts, bytes and messages
# Field numbers: of the request, of a message, of an entry of its attributes.
_MESSAGES, _DATA, _ATTRIBUTES, _KEY, _VALUE = 2, 1, 2, 1, 2


class Message(NamedTuple):
    data: bytes
    attributes: dict[str, str]


def decode_messages(encoded: bytes) -> list[Message]:
    """The messages of a serialized `PublishRequest`."""
    return [_message(value) for number, value in _fields(encoded) if number == _MESSAGES]


def _message(encoded: bytes) -> Message:
    data, attributes = b"", {}
    for number, value in _fields(encoded):
        if number == _DATA:
            data = value
        elif number == _ATTRIBUTES:
            entry = dict(_fields(value))
            attributes[entry.get(_KEY, b"").decode()] = entry.get(_VALUE, b"").decode()
    return Message(data, attributes)


def _fields(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and value of each field; all that the edge writes are length-delimited."""
    position = 0
    while position < len(encoded):
        tag, position = _varint(encoded, position)
        if tag & 0b111 != _LENGTH_DELIMITED:
            raise ValueError(f"field {tag >> 3} is not length-delimited")
        length, position = _varint(encoded, position)
        yield tag >> 3, encoded[position : position + length]
        position += length


def _varint(encoded: bytes, position: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the position after it."""
    number = shift = 0
    while True:
        byte = encoded[position]
        number |= (byte & 0x7F) << shift
        position += 1
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte has no high bit
            return number, position
