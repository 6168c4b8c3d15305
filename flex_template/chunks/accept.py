"""The fast way for what is plainly an event: hundreds of messages at a time become Arrow columns.

It only ever accepts. Types are read by msgspec structs made from the schema's versions, and the
schema's rules are checked column by column. Whatever is not certain to pass is left to the steps,
message by message: the JSON Schema validator alone refuses, and explains.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import compress
from operator import not_
from typing import Any, NamedTuple

import msgspec
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from google.protobuf.message import DecodeError
from google.pubsub_v1.types import PubsubMessage

from flex_template.bigquery.arrow import arrow_schema
from flex_template.chunks.event_rules import checks_of, struct_of
from flex_template.steps import CLOCK_SKEW, REQUEST_ID
from schemas import Limits, parse_timestamp, versions
from schemas.depth import MAX_DEPTH
from schemas.tracing import TRACE_ATTRIBUTE

# For fewer messages, the fixed cost of a column is more than it saves.
MIN_MESSAGES = 50
# What the edge sets. Other attributes, as those of a replay, may change the rules.
ATTRIBUTES = frozenset({"event_id", "schema_version", "received_at", "request_id", TRACE_ATTRIBUTE})
MESSAGE_COLUMNS = ("received_at", "published_at", "message_id", "request_id")
_TIME = pa.timestamp("us", tz="UTC")
_REQUEST_ID = f"^{REQUEST_ID}$"
_from_string = PubsubMessage.pb().FromString


class Accepted(NamedTuple):
    """Rows of `events`, and the serialised message of each."""

    rows: pa.RecordBatch
    serialized: list[bytes]


class _Read(NamedTuple):
    """Messages of one schema version: the serialised ones, and each one's values."""

    serialized: list[bytes]
    values: list[tuple[Any, ...]]


def accept(serialized: Sequence[bytes], limits: Limits) -> tuple[list[Accepted], list[bytes]]:
    """What is plainly an event, as rows, and the messages that are not."""
    read, others = _read(serialized)
    accepted = []
    for struct, messages in read.items():
        rows, passes = _rows(struct, messages.values, limits)
        if not all(passes):
            others += compress(messages.serialized, map(not_, passes))
            rows = rows.filter(pa.array(passes))
        if rows.num_rows:
            accepted.append(Accepted(rows, list(compress(messages.serialized, passes))))
    return accepted, others


@cache
def _structs() -> dict[type, int]:
    """A struct for each version whose rules are all known here, with the version's number."""
    made = {number: struct_of(version) for number, version in versions().items()}
    return {struct: number for number, struct in made.items() if struct is not None}


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    union: Any = None
    for struct in _structs():
        union = struct if union is None else union | struct
    return msgspec.json.Decoder(union)


def _read(serialized: Sequence[bytes]) -> tuple[dict[type, _Read], list[bytes]]:
    """Values by struct, and the messages that do not have its types.

    Values are taken from one message after the other, so that what was parsed dies young.
    """
    decode = _decoder().decode
    read = {struct: _Read([], []) for struct in _structs()}
    others = []
    for element in serialized:
        try:
            message = _from_string(element)
            event = decode(message.data)
            values = _values(message, event)
        except (DecodeError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError):
            values = None
        if values is None:
            others.append(element)
        else:
            read[type(event)].serialized.append(element)
            read[type(event)].values.append(values)
    return {struct: each for struct, each in read.items() if each.values}, others


def _values(message: Any, event: Any) -> tuple[Any, ...] | None:
    """In the order of the struct's fields, then `MESSAGE_COLUMNS`; None if a rule may be broken."""
    data, attributes = message.data, message.attributes
    # Each level opens a bracket: few of them prove that nothing is nested too deeply.
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH or not ATTRIBUTES.issuperset(attributes):
        return None
    if event.event_details is not None:
        event.event_details = orjson.dumps(event.event_details)
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
) -> tuple[pa.RecordBatch, list[bool]]:
    """Rows of `events`, and which of them are certain to be right."""
    names = (*struct.__struct_fields__, *MESSAGE_COLUMNS)  # type: ignore[attr-defined]
    given = dict(zip(names, zip(*values, strict=True), strict=True))
    number, schema = _structs()[struct], arrow_schema("events")
    given["schema_version"] = [number] * len(values)
    times = {name: _times(given[name]) for name in ("timestamp", "received_at")}
    times["published_at"] = pa.array(given["published_at"], pa.int64()).cast(_TIME)
    texts = pa.array(given["timestamp"], pa.string())
    columns = {
        field.name: times[field.name] if field.name in times else _column(field, given, len(values))
        for field in schema
    }
    passes = _all(
        (
            *checks_of(versions()[number], columns | {"timestamp": texts}),
            *_time_checks(times, given["received_at"], limits),
        )
    )
    columns["event_id"] = pc.ascii_lower(columns["event_id"])
    request_id = columns["request_id"]
    is_id = pc.match_substring_regex(request_id, _REQUEST_ID)
    columns["request_id"] = pc.if_else(is_id, request_id, pa.scalar(None, pa.string()))
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=schema), passes


def _column(field: pa.Field, given: dict[str, Any], count: int) -> pa.Array:
    if field.name not in given:  # a column of another version
        return pa.nulls(count, field.type)
    return pa.array(given[field.name], field.type)


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
        times[name].cast(pa.int64()) for name in ("timestamp", "received_at", "published_at")
    )
    yield pc.greater(published, 0)
    yield pc.greater_equal(timestamp, pc.subtract(published, limits.max_age))
    yield pc.less_equal(timestamp, pc.add(published, limits.max_ahead))
    was_received = pc.and_kleene(
        pc.greater_equal(received_at, 0),
        pc.less_equal(received_at, pc.add(published, CLOCK_SKEW)),
    )
    yield pc.or_kleene(was_received, pa.array([text is None for text in received]))


def _all(checks: Sequence[pa.Array]) -> list[bool]:
    """Where every check is true; one that is null is not."""
    result = checks[0]
    for check in checks[1:]:
        result = pc.and_(result, check)
    return [each is True for each in result.to_pylist()]
