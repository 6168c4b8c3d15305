"""One failure type, one constructor, one row mapper, for whatever cannot become an event."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import apache_beam as beam
import orjson

from flex_template import metrics
from flex_template.message import Message
from schemas import ErrorCode, EventError, InvalidEvent, __version__, now_micros, stage_of

MAX_PAYLOAD = 9_500_000
# "AppendRows request size", BigQuery quotas: 10 MB, less what the other columns may need.
_MAX_PAYLOAD_AND_ATTRIBUTES = 9_900_000
MAX_TEXT = 256 * 1024
_MAX_MESSAGE = 1024


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


DeadLetterRow = tuple[Any, ...]


def refused_row(message: Message, reason: str) -> Failure:
    """The failure of a message whose row BigQuery did not take."""
    return Failure(message, (EventError(ErrorCode.ROW_REFUSED, "", reason),), "RowError")


def dead_letter_row(failure: Failure, origin: Origin, failed_at: int) -> DeadLetterRow:
    """The values of one row, in the order of `schemas/dead_letters.table.json`."""
    message, (first, *_) = failure.message, failure.errors
    stage = stage_of(first.code).value
    attributes = _storable(message.attributes)
    attributes_json = orjson.dumps(attributes)
    # Escaping makes attributes in JSON up to six times as long.
    room = min(MAX_PAYLOAD, _MAX_PAYLOAD_AND_ATTRIBUTES - len(attributes_json))
    return (
        hashlib.sha256(f"{message.message_id}:{stage}".encode()).hexdigest(),
        failed_at,
        stage,
        first.code.value,
        first.message[:_MAX_MESSAGE],
        orjson.dumps([error._asdict() for error in failure.errors]),
        failure.exception_class,
        message.data[:room],
        _text(message.data),
        len(message.data),
        hashlib.sha256(message.data).hexdigest(),
        len(message.data) > room,
        attributes_json,
        message.message_id,
        message.published_at,
        attributes.get("event_id"),
        attributes.get("schema_version"),
        origin.subscription,
        origin.destination_table,
        origin.job_name,
        __version__,
        replay_attempt(message.attributes),
    )


def replay_attempt(attributes: Mapping[str, str]) -> int:
    """How often the message was replayed; anyone may set attributes, so nonsense counts as 0."""
    text = attributes.get("replay_attempt", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


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


class ToDeadLetterRow(beam.DoFn):
    """`Failure` in, `(Message, row)` out; counts per error code."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def start_bundle(self) -> None:
        self._counts: Counter[str] = Counter()

    def process(self, failure: Failure) -> list[tuple[Message, DeadLetterRow]]:
        self._counts[metrics.dead_letters_of(failure.errors[0].code)] += 1
        return [(failure.message, dead_letter_row(failure, self._origin, now_micros()))]

    def finish_bundle(self) -> None:
        metrics.count(self._counts)
