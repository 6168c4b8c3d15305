"""A message is the same whatever form a runner hands it over in."""

import hashlib
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage as BeamMessage
from google.protobuf.message import DecodeError
from google.pubsub_v1.types import PubsubMessage
from hypothesis import given
from hypothesis import strategies as st

from flex_template.message import (
    Message,
    from_line,
    from_pubsub,
    parsed,
    parsed_together,
    serialize,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(
    data=st.binary(),
    attributes=st.dictionaries(st.text(min_size=1), st.text(), min_size=1),
    micros=st.integers(1_500_000_000_000_000, 2_500_000_000_000_000),
)
def test_serialized_messages_and_beams_own_decode_to_the_same(
    data: bytes, attributes: dict[str, str], micros: int
) -> None:
    published = EPOCH + timedelta(microseconds=micros)
    proto = PubsubMessage(data=data, attributes=attributes, message_id="42", publish_time=published)
    serialized = from_pubsub(PubsubMessage.serialize(proto))
    beams = from_pubsub(serialize(BeamMessage(data, attributes, "42", published)))
    expected = Message(data, attributes, "42", micros)
    assert pickle.loads(pickle.dumps(serialized)) == expected  # noqa: S301 - our own bytes
    assert pickle.loads(pickle.dumps(beams)) == expected  # noqa: S301 - our own bytes
    assert from_pubsub(serialize(expected)).attributes == attributes


_SERIALIZED = PubsubMessage.serialize(PubsubMessage(data=b"x", attributes={"a": "b"}))


@given(st.lists(st.binary() | st.integers(0, len(_SERIALIZED)).map(lambda n: _SERIALIZED[:n])))
def test_messages_read_together_are_what_each_is_alone(serialized: list[bytes]) -> None:
    try:
        alone = list(map(parsed, serialized))
    except DecodeError:
        with pytest.raises(DecodeError):
            parsed_together(serialized)
    else:
        assert list(parsed_together(serialized)) == alone


def test_messages_of_any_size_are_read_together() -> None:
    sizes = [0, 1, 120, 127, 128, 129, 16_383, 16_384, 2_097_152]
    serialized = [serialize(Message(bytes(size), {}, "", None)) for size in sizes]
    assert [len(each.data) for each in parsed_together(serialized)] == sizes


@pytest.mark.parametrize("size", [9_500_000, 10_000_000])
def test_the_largest_messages_decode_exactly(size: int) -> None:
    data = bytes(range(250)) * (size // 250)
    proto = PubsubMessage(data=data, message_id="42", publish_time=EPOCH)
    assert from_pubsub(PubsubMessage.serialize(proto)) == (data, {}, "42", None)


def test_a_line_is_known_by_its_content() -> None:
    assert from_line(b"x") == from_line(b"x")
    assert from_line(b"x").message_id == hashlib.sha256(b"x").hexdigest()
    assert from_line(b"x").published_at is None


def test_a_line_without_a_time_stays_without_one() -> None:
    assert from_pubsub(serialize(from_line(b"x"))) == from_line(b"x")
