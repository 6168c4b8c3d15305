"""Chunks: how messages are gathered, and how the faults of one leave the others alone."""

from typing import Any

import orjson
import pytest

from flex_template.chunks import chunk
from flex_template.chunks.chunk import Chunk, Gather, advance, decoded, opened
from flex_template.message import Message, serialize
from schemas import ErrorCode, EventError, InvalidEvent
from tests.flex_template.runs import EVENT, LIMITS, message, numbered

MESSAGES = [serialize(each) for each in numbered([b"0", b"1", b"2", b"3"])]


def gathered(messages: list[bytes]) -> list[list[bytes]]:
    """The serialized messages of each chunk of one bundle."""
    gather = Gather()
    gather.start_bundle()
    chunks = [chunk for each in messages for chunk in gather.process(each)]
    chunks += [last.value for last in gather.finish_bundle()]
    return chunks


def break_on(data: bytes, error: Exception) -> chunk.Step:
    def step(_: Message, value: Any) -> Any:
        if value == data:
            raise error
        return value * 2

    return step


def test_a_bundle_is_cut_into_chunks_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "MAX_MESSAGES", 3)
    assert gathered(MESSAGES) == [MESSAGES[:3], MESSAGES[3:]]


def test_a_chunk_ends_with_the_message_that_makes_it_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "MAX_BYTES", 1_000)
    large = serialize(message(b"x" * 1_000))
    assert gathered([MESSAGES[0], large, *MESSAGES[1:]]) == [[MESSAGES[0], large], MESSAGES[1:]]


def test_an_empty_bundle_has_no_chunk() -> None:
    assert gathered([]) == []


def test_a_failure_travels_beside_the_other_messages() -> None:
    refuse = break_on(b"1", InvalidEvent([EventError(ErrorCode.WRONG_TYPE, "/x", "why")]))
    break_later = break_on(b"33", ValueError("surprise"))
    result = advance(advance(decoded(MESSAGES), refuse), break_later)
    assert result.serialized == [MESSAGES[0], MESSAGES[2]]
    assert [value for _, value in result.values] == [b"0000", b"2222"]
    first, second = result.failures
    assert (first.message.data, first.errors[0].code) == (b"1", ErrorCode.WRONG_TYPE)
    assert (second.message.data, second.errors[0].code) == (b"3", ErrorCode.INTERNAL_ERROR)


def test_what_a_step_raises_unexpectedly_is_one_messages_internal_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    result = advance(decoded(MESSAGES), break_on(b"2", RecursionError("secret payload")))
    (failure,) = result.failures
    assert (failure.message.message_id, failure.message.data) == ("2", b"2")
    assert failure.exception_class == "RecursionError"
    assert "message 2: internal error: RecursionError" in caplog.text
    assert "secret" not in f"{caplog.text} {failure.errors}"


def test_memory_that_runs_out_is_nobodys_dead_letter() -> None:
    with pytest.raises(MemoryError):
        advance(decoded(MESSAGES), break_on(b"2", MemoryError()))


def test_bytes_that_are_no_message_become_a_failure_that_keeps_them() -> None:
    result = decoded([b"\xff\xff", MESSAGES[0]])
    assert result.serialized == [MESSAGES[0]]
    (failure,) = result.failures
    assert (failure.message.data, failure.errors[0].code) == (b"\xff\xff", ErrorCode.INTERNAL_ERROR)


def test_what_is_no_message_leaves_the_others_of_a_large_chunk_alone() -> None:
    others = [serialize(each) for each in numbered([orjson.dumps(EVENT)] * 60)]
    result = opened([*others[:30], b"\xff\xff", *others[30:]], LIMITS)
    assert [len(each.serialized) for each in result.accepted] == [60]
    assert [failure.message.data for failure in result.failures] == [b"\xff\xff"]


def test_a_step_leaves_the_chunk_it_was_given_as_it_was() -> None:
    given = decoded(MESSAGES)
    before = Chunk(list(given.serialized), list(given.values), list(given.failures))
    advance(given, break_on(b"1", ValueError()))
    assert given == before
