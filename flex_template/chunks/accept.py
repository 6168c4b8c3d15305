"""The fast way for what is plainly an event: hundreds of messages at a time become Arrow columns.

It only ever accepts. Messages are read straight into the structs of `schemas.plain`, and what is
left of its rules is checked column by column, each distinct text once. Whatever is not certain to
pass is left to the steps, message by message: the JSON Schema validator alone refuses, and
explains.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, reduce
from itertools import compress, filterfalse
from operator import not_, or_
from typing import Any, NamedTuple, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from flex_template.bigquery.arrow import arrow_schema
from flex_template.steps import CLOCK_SKEW, is_request_id
from schemas import Limits, parse_timestamp, versions
from schemas.event import DETAILS_MAX_BYTES, MAX_VALUES
from schemas.plain import Form, NotPlain, encoded_details, forms, tagged_struct
from schemas.quarantine import QUARANTINED

# For fewer messages, the fixed cost of a column is more than it saves.
MIN_MESSAGES = 50
MESSAGE_COLUMNS = ("received_at", "published_at", "message_id", "request_id")
_TIME = pa.timestamp("us", tz="UTC")

Pair: TypeAlias = tuple[bytes, Any]  # a message as it came, and as protobuf reads it


class Accepted(NamedTuple):
    """Rows of `events`, and the serialized message of each."""

    rows: pa.RecordBatch
    serialized: list[bytes]


class _Read(NamedTuple):
    """Messages of one schema version, and each one's values."""

    struct: type
    pairs: list[Pair]
    values: list[tuple[Any, ...]]


def accept(pairs: Iterable[Pair], limits: Limits) -> tuple[list[Accepted], list[Pair]]:
    """What is plainly an event, as rows, and the messages that are not."""
    read, others = _read(pairs)
    accepted = []
    for struct, messages, values in read:
        rows, passes = _rows(struct, values, limits)
        if passes.true_count < len(passes):
            are_taken = passes.to_pylist()
            others += compress(messages, map(not_, are_taken))
            messages[:] = compress(messages, are_taken)
            rows = rows.filter(passes)
        if rows.num_rows:
            accepted.append(Accepted(rows, [serialized for serialized, _ in messages]))
    return accepted, others


def _read(pairs: Iterable[Pair]) -> tuple[list[_Read], list[Pair]]:
    """Values by version, and the messages that do not have its types.

    Where the first are all of these, as after a broken release, the others are not even tried.
    Values are taken from one message after the other, so that what was decoded dies young.
    """
    decode = _decoder().decode
    read = {struct: _Read(struct, [], []) for struct in _structs()}
    others: list[Pair] = []
    untried = iter(pairs)
    for pair in untried:
        message = pair[1]
        try:
            data = message.data
            event = decode(data)
            values = _values(message, data, event)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # `NotPlain` is one
            others.append(pair)
            if len(others) == MIN_MESSAGES and not any(each.values for each in read.values()):
                others += untried
        else:
            _, messages, rows = read[type(event)]
            messages.append(pair)
            rows.append(values)
    return [each for each in read.values() if each.values], others


@cache
def _structs() -> dict[type, Form]:
    """The forms of the versions whose rules are all known, by what is read of their events."""
    return {tagged_struct(versions()[number]): form for number, form in forms().items()}


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    """For an event of any of these versions; one that names none goes the exact way."""
    return msgspec.json.Decoder(reduce(or_, _structs()))


def _values(message: Any, data: bytes, event: Any) -> tuple[Any, ...]:
    """In the order of the struct's fields, then `MESSAGE_COLUMNS`.

    Raises:
        NotPlain: a rule may be broken, or depends on more than the event.
    """
    attributes = message.attributes
    # An event without an id gets one from its message.
    if len(data) > MAX_VALUES or event.event_id is None or QUARANTINED in attributes:
        raise NotPlain
    if (details := event.event_details) is not None:
        event.event_details = encoded = encoded_details(details)
        if len(encoded) > DETAILS_MAX_BYTES:
            raise NotPlain
    time = message.publish_time
    return (
        *msgspec.structs.astuple(event),
        attributes.get("received_at"),
        time.seconds * 1_000_000 + time.nanos // 1000,
        message.message_id,
        attributes.get("request_id"),
    )


def _rows(
    struct: type, values: list[tuple[Any, ...]], limits: Limits
) -> tuple[pa.RecordBatch, pa.BooleanArray]:
    """Rows of `events`, and which of them are certain to be right: a null is not."""
    form = _structs()[struct]
    names = (*struct.__struct_fields__, *MESSAGE_COLUMNS)  # type: ignore[attr-defined]
    given = dict(zip(names, zip(*values, strict=True), strict=True))
    given["schema_version"] = [form.number] * len(values)
    no_ids = _unmatched(is_request_id, given["request_id"])
    if no_ids:
        given["request_id"] = [None if text in no_ids else text for text in given["request_id"]]
    times = {name: _times(given[name]) for name in ("timestamp", "received_at")}
    times["published_at"] = pa.array(given["published_at"], pa.int64()).view(_TIME)
    schema = arrow_schema("events")
    columns = {
        field.name: times[field.name] if field.name in times else _column(field, given, len(values))
        for field in schema
    }
    columns["event_id"] = pc.ascii_lower(columns["event_id"])
    checks = (*_text_checks(form, given), *_time_checks(times, given["received_at"], limits))
    rows = pa.RecordBatch.from_arrays(list(columns.values()), schema=schema)
    return rows, reduce(pc.and_, checks)


def _column(field: pa.Field, given: dict[str, Any], count: int) -> pa.Array:
    if field.name not in given:  # a column of another version
        return pa.nulls(count, field.type)
    return pa.array(given[field.name], field.type)


def _text_checks(form: Form, given: dict[str, Sequence[Any]]) -> Iterator[pa.Array]:
    for name, match in form.patterns:
        wrong = _unmatched(match, given[name])
        if wrong:
            yield pa.array([text not in wrong for text in given[name]])


def _unmatched(match: Callable[[str], object], texts: Sequence[Any]) -> set[str]:
    """The distinct texts that do not match: most columns have few, or none but good ones."""
    distinct = set(texts)
    distinct.discard(None)
    return set(filterfalse(match, distinct))


def _times(texts: Sequence[str | None]) -> pa.Array:
    """Microseconds of UTC; null where there is no time. One odd text costs the column its speed."""
    try:
        return pa.array(texts, pa.string()).cast(_TIME)
    except pa.ArrowInvalid:
        return pa.array(map(_time, texts), pa.int64()).cast(_TIME)


def _time(text: str | None) -> int | None:
    try:
        return None if text is None else parse_timestamp(text)
    except (ValueError, OverflowError):
        return None


def _time_checks(
    times: dict[str, pa.Array], received: Sequence[str | None], limits: Limits
) -> Iterator[pa.Array]:
    timestamp, received_at, published = (
        times[name].view(pa.int64()) for name in ("timestamp", "received_at", "published_at")
    )
    yield pc.greater(published, 0)
    yield pc.greater_equal(timestamp, pc.subtract(published, limits.max_age))
    yield pc.less_equal(timestamp, pc.add(published, limits.max_ahead))
    was_received = pc.and_kleene(
        pc.greater_equal(received_at, 0),
        pc.less_equal(received_at, pc.add(published, CLOCK_SKEW)),
    )
    yield pc.or_kleene(was_received, pa.array([text is None for text in received]))
