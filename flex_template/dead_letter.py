"""One failure type, one constructor, one row mapper, for whatever cannot become an event."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import gt
from typing import NamedTuple

import apache_beam as beam
import orjson
import pyarrow as pa

from flex_template import metrics
from flex_template.bigquery.arrow import arrow_schema
from flex_template.message import Message
from flex_template.replayed import REPLAY_ATTEMPT
from schemas import (
    ErrorCode,
    EventError,
    InvalidEvent,
    Stage,
    __version__,
    now_micros,
    stage_of,
)
from schemas.plain import may_hold_nul
from schemas.quarantine import is_quarantined, sha256_of, withheld

# An append request must be smaller than 20 MB; the other columns, attributes apart, need little.
# https://cloud.google.com/bigquery/quotas#write-api-limits
MAX_PAYLOAD_AND_ATTRIBUTES = 19_500_000
MAX_TEXT = 256 * 1024  # a copy for people and SQL: four times what an event's details may be
_MAX_MESSAGE = 1024  # our own are shorter; BigQuery's reasons may not be
_MAX_REPLAY_DIGITS = 9  # of a number that a client may have made up: it must fit an INTEGER
_EDGE = Stage.EDGE  # Python 3.11 takes a tenth of a microsecond to find an enum's member


class Failure(NamedTuple):
    """A message that was refused, and why."""

    message: Message
    errors: tuple[EventError, ...]
    exception_class: str

    @classmethod
    def of(cls, message: Message, error: InvalidEvent) -> "Failure":
        cause = error.__cause__ or error.__context__ or error
        return cls(message, error.errors, type(cause).__name__)


class Origin(NamedTuple):
    """Where messages come from and were meant to go: the same for a whole job.

    `source` is a subscription, a topic or a pattern of files.
    """

    source: str
    destination_table: str
    job_name: str | None


def internal_error(message: Message, error: Exception) -> Failure:
    """The failure of a message on which a step broke: a fault of ours, kept until it is mended.

    The exception's own words may hold what the message holds, so only its class is told.
    """
    name = type(error).__name__
    logging.getLogger(__name__).error("message %s: internal error: %s", message.message_id, name)
    detail = EventError(ErrorCode.INTERNAL_ERROR, "", "the pipeline broke on this message")
    return Failure(message, (detail,), name)


def row_refused(message: Message, reason: str) -> Failure:
    """The failure of a message whose row BigQuery did not take."""
    return Failure(message, (EventError(ErrorCode.ROW_REFUSED, "", reason),), "RowError")


class _Verdict(NamedTuple):
    """What a letter says of its errors."""

    stage: Stage
    code: str
    message: str
    errors: bytes


@lru_cache(maxsize=1_000)  # messages of one faulty client are refused for the same reasons
def _verdict(errors: tuple[EventError, ...]) -> _Verdict:
    first = errors[0]
    encoded = orjson.dumps([error._asdict() for error in errors])
    return _Verdict(stage_of(first.code), first.code.value, first.message[:_MAX_MESSAGE], encoded)


def dead_letter_rows(failures: Sequence[Failure], origin: Origin, failed_at: int) -> pa.RecordBatch:
    """The rows of `failures` in their order, made by column: at half the cost of row by row."""
    messages, all_errors, exception_classes = zip(*failures, strict=True)
    data, maps, message_ids, published_at = zip(*messages, strict=True)
    given = [{name: each[name] for name in each} for each in maps]
    stored: Sequence[Mapping[str, str]] = given
    attributes: Sequence[bytes] = list(map(orjson.dumps, given))
    if may_hold_nul(b"".join(attributes)):
        stored = list(map(_without_nul, given))
        attributes = list(map(orjson.dumps, stored))
    room = [MAX_PAYLOAD_AND_ATTRIBUTES - len(beside) for beside in attributes]
    payloads = [payload[:size] for payload, size in zip(data, room, strict=True)]
    sizes, hashes = list(map(len, data)), list(map(sha256_of, data))
    for row, each in enumerate(given):
        if digest := withheld(each):
            sizes[row], hashes[row] = digest
    raised_in, codes, error_messages, errors = zip(*map(_verdict, all_errors), strict=True)
    stages = [
        _EDGE if is_quarantined(each) else stage
        for each, stage in zip(given, raised_in, strict=True)
    ]
    columns = {
        "dead_letter_id": map(_dead_letter_id, message_ids, stages, hashes),
        "stage": stages,
        "error_code": codes,
        "error_message": error_messages,
        "errors": errors,
        "exception_class": exception_classes,
        "payload": payloads,
        "payload_text": map(_text, data),
        "payload_size": sizes,
        "payload_sha256": hashes,
        "truncated": map(gt, sizes, map(len, payloads)),
        "attributes": attributes,
        "message_id": message_ids,
        "published_at": published_at,
        "event_id": [each.get("event_id") for each in stored],
        "schema_version": [each.get("schema_version") for each in stored],
        "replay_attempt": map(times_replayed, given),
    }
    constants = {
        "failed_at": failed_at,
        "pipeline_version": __version__,
        "subscription": origin.source,
        "destination_table": origin.destination_table,
        "job_name": origin.job_name,
    }
    schema = arrow_schema("dead_letters")
    arrays = [
        pa.repeat(pa.scalar(constants[field.name], field.type), len(failures))
        if field.name in constants
        else pa.array(list(columns[field.name]), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _dead_letter_id(message_id: str, stage: Stage, digest: str) -> str:
    """The same for each delivery of a message, and for each retry of what the edge refused."""
    source = digest if stage is _EDGE else message_id
    return sha256_of((source + ":" + stage).encode())


def times_replayed(attributes: Mapping[str, str]) -> int:
    """How often the message was replayed; anyone may set attributes, so nonsense counts as 0."""
    text = attributes.get(REPLAY_ATTEMPT)
    if text is None:
        return 0
    is_count = text.isascii() and text.isdigit() and len(text) <= _MAX_REPLAY_DIGITS
    return int(text) if is_count else 0


def _without_nul(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes as BigQuery's JSON holds them, which has no U+0000."""
    return {
        name.replace("\0", "\ufffd"): value.replace("\0", "\ufffd")
        for name, value in attributes.items()
    }


def _text(data: bytes) -> str | None:
    """A readable copy where there is one; the exact bytes are in `payload`."""
    if len(data) > MAX_TEXT or 0 in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _counter(stage: str, code: str) -> str:
    if stage == _EDGE:
        return metrics.edge_refusals_of(ErrorCode(code))
    return metrics.dead_letters_of(ErrorCode(code))


class ToRows(beam.DoFn):
    """Failures in, their rows as one record batch out; counts per error code."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def start_bundle(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def process(self, failures: Sequence[Failure]) -> list[pa.RecordBatch]:
        if not failures:
            return []
        rows = dead_letter_rows(failures, self._origin, now_micros())
        self._counts.update(
            zip(*(rows.column(name).to_pylist() for name in ("stage", "error_code")), strict=True)
        )
        return [rows]

    def finish_bundle(self) -> None:
        for (stage, code), number in self._counts.items():
            metrics.count({_counter(stage, code): number})
