"""A message as every step sees it, wherever it was read from."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from apache_beam.io.gcp.pubsub import PubsubMessage as BeamMessage
from google.pubsub_v1.types import PublishRequest, PubsubMessage

from schemas.quarantine import sha256_of

_Proto = PubsubMessage.pb()
_Protos = PublishRequest.pb()
parsed = _Proto.FromString
_TAG = 2 << 3 | 2  # of `PublishRequest.messages`: its number, and that a length follows
_SEVEN_BITS = 0x7F  # of a byte of a varint; the eighth says that another follows


class Message(NamedTuple):
    """Exact bytes and attributes; `published_at` in microseconds, None if read from a file."""

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    published_at: int | None

    def __reduce__(self) -> tuple[type["Message"], tuple[Any, ...]]:
        """Pickled only where a runner does not fuse: protobuf's map cannot be."""
        return Message, (self.data, dict(self.attributes), self.message_id, self.published_at)


def from_pubsub(serialized: bytes) -> Message:
    """A message as Pub/Sub serializes it.

    Raises:
        google.protobuf.message.DecodeError: the bytes are not such a message.
    """
    return from_proto(parsed(serialized))


def from_proto(proto: Any) -> Message:
    """A message that is parsed already."""
    published = proto.publish_time
    micros = published.seconds * 1_000_000 + published.nanos // 1000
    # The attributes stay protobuf's map: few are ever read, and a copy costs more than parsing.
    return Message(proto.data, proto.attributes, proto.message_id, micros or None)


def parsed_together(serialized: Sequence[bytes]) -> Sequence[Any]:
    """Messages as `from_proto` takes them, read as the field of one request, in memory of its own.

    Protobuf has all unused memory of the process given back to the system after every ten thousand
    pieces that it frees. With one or two for each message, that cost a tenth of all CPU.

    Raises:
        google.protobuf.message.DecodeError: at least one of them is not a message.
    """
    heads = map(_head, map(len, serialized))
    fields = b"".join(chain.from_iterable(zip(heads, serialized, strict=True)))
    return _Protos.FromString(fields).messages  # type: ignore[no-any-return]


@lru_cache(maxsize=1_000)
def _head(size: int) -> bytes:
    """What stands before a message of this many bytes: its tag, and its size as a varint."""
    varint = [_TAG]
    while size > _SEVEN_BITS:
        varint.append(size & _SEVEN_BITS | _SEVEN_BITS + 1)
        size >>= 7
    return bytes([*varint, size])


def serialize(message: Message | BeamMessage) -> bytes:
    """The bytes from which `from_pubsub` makes the same message."""
    given = message if isinstance(message, Message) else _from_beam(message)
    proto = _Proto(data=given.data, attributes=given.attributes, message_id=given.message_id)
    if given.published_at is not None:
        proto.publish_time.FromMicroseconds(given.published_at)
    return proto.SerializeToString()  # type: ignore[no-any-return]


def _from_beam(message: BeamMessage) -> Message:
    micros = round(message.publish_time.timestamp() * 1_000_000)
    return Message(message.data, message.attributes, message.message_id, micros)


def from_line(line: bytes) -> Message:
    """A line of a file; its id is its content's hash, so that a second backfill adds no event."""
    return Message(line, {}, sha256_of(line), None)


# Bytes that no message can be made of are kept as a message's data, and known by their content too.
raw_message = from_line
