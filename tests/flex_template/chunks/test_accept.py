"""The fast way accepts nothing that the steps refuse, and makes the same rows."""

import json
from functools import partial
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flex_template.bigquery.arrow import arrow_schema, record_batch, row_tuples
from flex_template.chunks import chunk
from flex_template.chunks.accept import MIN_MESSAGES, Pair, accept
from flex_template.chunks.chunk import advance, decoded, opened
from flex_template.message import Message, parsed, serialize
from flex_template.steps import convert_event, parse_message, validate_document
from schemas import Limits, versions
from schemas.event import MAX_VALUES
from schemas.plain import forms
from tests.flex_template.runs import EVENT, LIMITS, PUBLISHED
from tests.golden.examples import load
from tests.schemas.generated import events, json_values

RECEIVED = {"received_at": "2026-11-18T11:06:39.5Z", "request_id": "request-1"}
VALID = orjson.dumps(EVENT)
SCHEMA = arrow_schema("events")


def exactly(serialized: list[bytes], limits: Limits = LIMITS) -> chunk.Chunk:
    """What the steps make of the messages."""
    result = decoded(serialized)
    for step in (parse_message, partial(validate_document, limits=limits), convert_event):
        result = advance(result, step)
    return result


def check(messages: list[Message]) -> int:
    """Hold the fast way to the exact one; returns how many messages it has accepted."""
    serialized = [serialize(message) for message in messages]
    accepted, others = accept(pairs(serialized), LIMITS)
    taken = [one for each in accepted for one in each.serialized]
    assert others == pairs([one for one, _ in others])
    assert sorted(taken + [one for one, _ in others]) == sorted(serialized)
    for rows, kept in accepted:
        expected = exactly(kept)
        assert expected.failures == []
        assert rows.equals(record_batch([row for _, row in expected.values], SCHEMA))
    return len(taken)


def pairs(serialized: list[bytes]) -> list[Pair]:
    return list(zip(serialized, map(parsed, serialized), strict=True))


def event(**changes: Any) -> bytes:
    return orjson.dumps(EVENT | changes)


def test_plain_events_are_accepted_as_the_rows_of_the_steps() -> None:
    messages = [Message(event(user_id=f"user-{n}"), RECEIVED, str(n), PUBLISHED) for n in range(9)]
    assert check(messages) == len(messages)


def test_every_version_of_the_schema_has_a_fast_way() -> None:
    assert forms().keys() == versions().keys()


def test_versions_in_one_chunk_are_told_apart() -> None:
    numbers = [number for number in versions() for _ in range(3)]
    messages = [Message(event(schema_version=n), {}, str(n), PUBLISHED) for n in numbers]
    assert check(messages) == len(messages)


def test_where_many_are_refused_at_first_the_others_are_left_to_the_steps() -> None:
    refused = [Message(b"{", RECEIVED, str(n), PUBLISHED) for n in range(MIN_MESSAGES)]
    plain = [Message(VALID, RECEIVED, f"plain-{n}", PUBLISHED) for n in range(9)]
    assert check(refused + plain) == 0
    assert check(refused[1:] + plain) == len(plain)
    assert check(plain[:1] + refused + plain[1:]) == len(plain)


def test_golden_examples_have_the_same_verdict() -> None:
    messages = [Message(each.data, RECEIVED, each.reason, PUBLISHED) for each in load()]
    complete = [with_id_and_version(message) for message in messages]
    assert check([Message(VALID, RECEIVED, "plain", PUBLISHED), *messages, *complete]) > 10


def with_id_and_version(message: Message) -> Message:
    """The same event as a client of today sends it; unchanged if it is not even an object."""
    added = b'{"event_id": "0193a5c2-7f3e-7d10-9a4b-2c6f8e1d0b35", "schema_version": 1, '
    return message._replace(data=message.data.replace(b"{", added, 1))


@pytest.mark.parametrize(
    "data",
    [
        event(event_details={"n": 9_007_199_254_740_992}),
        event(event_details={"n": [1e300]}),
        event(event_details={"text": "\0"}),
        event(event_details={"\0": 1}),
        event(event_details={"text": "x" * 65_536}),
        event(confidence=1.0000001),
        event(user_id="\u0085"),
        event(user_id="a" * 129),
        event(user_id="a\n"),
        event(signal_type="a\n"),
        event(event_id=EVENT["event_id"] + "\n"),  # type: ignore[operator]
        event(timestamp="2026-02-30T12:00:00Z"),
        event(timestamp="2026-11-01T12:00:00"),
        event(timestamp="2026-11-01T24:00:00Z"),
        event(timestamp="2026-11-01"),
        VALID[:-1] + b', "user_id": 1}',
        VALID[:-1] + b', "schema_version": 9}',
        VALID + b" x",
        b"\xef\xbb\xbf" + VALID,
        b"[" * 100_000,
        VALID[:-1] + b', "event_details": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}",
        VALID[:-1] + b', "event_details": {' + b'"a":1,' * MAX_VALUES + b'"a":1}}',
    ],
    ids=lambda data: data[-30:].decode(errors="replace"),
)
def test_what_is_refused_is_never_accepted(data: bytes) -> None:
    message = Message(data, RECEIVED, "1", PUBLISHED)
    assert len(exactly([serialize(message)]).failures) == 1
    assert check([message]) == 0


@pytest.mark.parametrize(
    ("data", "attributes"),
    [
        (orjson.dumps({key: EVENT[key] for key in EVENT if key != "event_id"}), {}),
        (event(schema_version=1.0), {}),
        (event(event_details=json.loads('{"a":' * 9 + "1" + "}" * 9)), {}),
        (event(event_details={"text": r"\u0000"}), {}),
    ],
)
def test_what_is_unusual_is_left_to_the_steps(data: bytes, attributes: dict[str, str]) -> None:
    message = Message(data, attributes, "1", PUBLISHED)
    assert check([message, Message(VALID, RECEIVED, "2", PUBLISHED)]) == 1
    assert exactly([serialize(message)]).failures == []


def test_what_only_its_first_publication_makes_young_enough_is_left_to_the_steps() -> None:
    data = event(timestamp="2026-11-10T00:00:00Z")
    attributes = {"originally_published_at": "2026-11-10T12:00:00Z"}
    serialized = [serialize(Message(data, attributes, "1", PUBLISHED))]
    limits = Limits.of_days(1)
    assert exactly(serialized, limits).failures == []
    assert accept(pairs(serialized), limits) == ([], pairs(serialized))


_mutations = st.sampled_from(
    [
        b"9007199254740991", b"9007199254740992", b"-0", b"1e5", b"1E400", b"0.1", b"null",
        b'"\\u0000"', b'"\\ud800"', b'"\\u0085"', b"[[[[]]]]", b"{}",
        b'"2026-11-01T00:00:00+23:59"',
        b"true", b"18446744073709551616", b"\xff", b'"a\\n"', b"1.0", b"0.8333333333333334",
    ]
)  # fmt: skip
_spliced = st.builds(
    lambda start, length, put: VALID[:start] + put + VALID[start + length :],
    st.integers(0, len(VALID)),
    st.integers(0, 12),
    _mutations | st.binary(max_size=4),
)
_with_value = st.builds(
    lambda name, value, rest: (
        json.dumps(EVENT | {name: 0} | rest)
        .encode()
        .replace(f'"{name}": 0'.encode(), f'"{name}": '.encode() + value)
    ),
    st.sampled_from([*EVENT, "session_id", "unknown"]),
    _mutations,
    st.sampled_from([{}, {"schema_version": 2}]),
)
_details = st.builds(
    lambda value: json.dumps(EVENT | {"event_details": {"x": value}}).encode(), json_values
)
_payloads = _spliced | _with_value | _details | events().map(lambda e: json.dumps(e).encode())
_times = st.sampled_from(
    ["2026-11-18T11:06:39Z", "2026-11-18 11:06:39Z", "2026-11-18T11Z", "2026-W47-3T00:00:00Z", "",
     "2026-11-18T11:06:39.123456789Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
     "1969-12-31T23:59:59Z", "2026-11-18T11:06:39+0100", "2026-11-18T11:06:39", "now"]
)  # fmt: skip
_attributes = st.fixed_dictionaries(
    {},
    optional={
        "received_at": _times,
        "request_id": st.sampled_from(["a", "", "a b", "x" * 65, "a\n"]),
        "quarantined": st.just("edge"),
        "replayed_from": st.just("7"),
        "originally_published_at": st.just("2020-01-01T00:00:00Z"),
        "other": st.just("x"),
    },
)
_messages = st.builds(
    lambda data, attributes, at: Message(data, attributes, "1", at),
    _payloads,
    _attributes,
    st.sampled_from([PUBLISHED, None, 1]),
)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.lists(_messages, min_size=60, max_size=60))
def test_any_messages_have_the_same_rows_on_both_ways(messages: list[Message]) -> None:
    together = check(messages)
    assert together == sum(check([message]) for message in messages[:20]) + check(messages[20:])


def test_a_fault_of_the_fast_way_leaves_all_messages_to_the_steps(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(chunk, "accept", lambda *_: 1 / 0)
    serialized = [serialize(Message(VALID, {}, str(n), PUBLISHED)) for n in range(99)]
    result = opened(serialized, LIMITS)
    assert (result.serialized, result.accepted) == (serialized, ())
    assert "the fast way broke" in caplog.text


def test_accepted_rows_are_rows_to_sinks_without_columns() -> None:
    serialized = [serialize(Message(VALID, RECEIVED, str(n), PUBLISHED)) for n in range(99)]
    result = opened(serialized, LIMITS)
    assert result.values == []
    expected = [(message.message_id, row) for message, row in exactly(serialized).values]
    found = [(message.message_id, text_row(row)) for message, row in result.rows()]
    assert found == [(message_id, text_row(row)) for message_id, row in expected]
    assert next(row_tuples(result.accepted[0].rows))[0] == EVENT["event_id"]


def text_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.decode() if isinstance(value, bytes) else value for value in row)
