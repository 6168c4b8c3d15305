"""One failure type, one constructor, one row mapper, for whatever cannot become an event."""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import apache_beam as beam
import orjson

from flex_template import metrics
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
    table_schema,
)
from schemas.quarantine import data_digest, is_quarantined, withheld

# An append request must be smaller than 20 MB; the other columns, attributes apart, need little.
# https://cloud.google.com/bigquery/quotas#write-api-limits
MAX_PAYLOAD_AND_ATTRIBUTES = 19_500_000
MAX_TEXT = 256 * 1024
_MAX_MESSAGE = 1024
_MAX_REPLAY_DIGITS = 9

DeadLetterRow = tuple[Any, ...]


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
    """Where messages come from and were meant to go: the same for a whole job."""

    subscription: str
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


def dead_letter_row(failure: Failure, origin: Origin, failed_at: int) -> DeadLetterRow:
    """The values of one row, in the order of `schemas/dead_letters.table.json`."""
    message, (first, *_) = failure.message, failure.errors
    stage = _stage(failure).value
    size, sha256 = withheld(message.attributes) or data_digest(message.data)
    attributes = _storable(message.attributes)
    attributes_json = orjson.dumps(attributes)
    room = MAX_PAYLOAD_AND_ATTRIBUTES - len(attributes_json)
    row = {
        "dead_letter_id": _dead_letter_id(message, stage, sha256),
        "failed_at": failed_at,
        "stage": stage,
        "error_code": first.code.value,
        "error_message": first.message[:_MAX_MESSAGE],
        "errors": orjson.dumps([error._asdict() for error in failure.errors]),
        "exception_class": failure.exception_class,
        "payload": message.data[:room],
        "payload_text": _text(message.data),
        "payload_size": size,
        "payload_sha256": sha256,
        "truncated": size > len(message.data[:room]),
        "attributes": attributes_json,
        "message_id": message.message_id,
        "published_at": message.published_at,
        "event_id": attributes.get("event_id"),
        "schema_version": attributes.get("schema_version"),
        "subscription": origin.subscription,
        "destination_table": origin.destination_table,
        "job_name": origin.job_name,
        "pipeline_version": __version__,
        "replay_attempt": times_replayed(message.attributes),
    }
    return tuple(row[column] for column in _columns())


def _stage(failure: Failure) -> Stage:
    quarantined = is_quarantined(failure.message.attributes)
    return Stage.EDGE if quarantined else stage_of(failure.errors[0].code)


def _dead_letter_id(message: Message, stage: str, sha256: str) -> str:
    """The same for each delivery of a message, and for each retry of what the edge refused."""
    source = sha256 if stage == Stage.EDGE else message.message_id
    return hashlib.sha256(f"{source}:{stage}".encode()).hexdigest()


@cache
def _columns() -> list[str]:
    return [field["name"] for field in table_schema("dead_letters")]


def times_replayed(attributes: Mapping[str, str]) -> int:
    """How often the message was replayed; anyone may set attributes, so nonsense counts as 0."""
    text = attributes.get(REPLAY_ATTEMPT, "")
    is_count = text.isascii() and text.isdigit() and len(text) <= _MAX_REPLAY_DIGITS
    return int(text) if is_count else 0


def _storable(attributes: Mapping[str, str]) -> dict[str, str]:
    """Without U+0000, which BigQuery's JSON does not hold."""
    return {
        name.replace("\0", "\ufffd"): value.replace("\0", "\ufffd")
        for name, value in attributes.items()
    }


def _text(data: bytes) -> str | None:
    """A readable copy where there is one; the exact bytes are in `payload`."""
    if len(data) > MAX_TEXT or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _counter(failure: Failure) -> str:
    code = failure.errors[0].code
    if _stage(failure) == Stage.EDGE:
        return metrics.edge_refusals_of(code)
    return metrics.dead_letters_of(code)


class ToRows(beam.DoFn):
    """Failures in, for each its message's id and its row out; counts per error code."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def start_bundle(self) -> None:
        self._counts: Counter[str] = Counter()

    def process(self, failures: Sequence[Failure]) -> list[list[tuple[str, DeadLetterRow]]]:
        if not failures:
            return []
        self._counts.update(map(_counter, failures))
        failed_at = now_micros()
        rows = [dead_letter_row(each, self._origin, failed_at) for each in failures]
        ids = [each.message.message_id for each in failures]
        return [list(zip(ids, rows, strict=True))]

    def finish_bundle(self) -> None:
        metrics.count(self._counts)
