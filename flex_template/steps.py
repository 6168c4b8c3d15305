"""What happens to one message between the source and the sinks: three pure functions.

Each takes the message and what the step before made of it, and raises `InvalidEvent` for a dead
letter.
"""

import re
import uuid
from functools import cache
from typing import Any

from flex_template.message import Message
from flex_template.replayed import REPLAYED_FROM, limits_at
from schemas import (
    ErrorCode,
    Event,
    EventError,
    InvalidEvent,
    Limits,
    event_columns,
    now_micros,
    parse,
    parse_timestamp,
    validate,
)
from schemas.quarantine import is_quarantined, quarantine_errors

EventRow = tuple[Any, ...]
# As far ahead as an event's own time may be.
CLOCK_SKEW = 24 * 60 * 60 * 1_000_000
is_request_id = re.compile("[A-Za-z0-9._-]{1,64}").fullmatch  # as schemas/openapi.yaml has it
_NO_EVENT_ID = uuid.UUID("5b0c9e52-6d0f-4c7e-9b7e-0c6a2f1d8e11")


def parse_message(message: Message, data: bytes) -> object:
    """What the edge quarantined is not an event, even if it could be one now: a replay decides."""
    if is_quarantined(message.attributes):
        raise InvalidEvent(quarantine_errors(message.attributes))
    return parse(data)


def validate_document(message: Message, document: object, limits: Limits) -> Event:
    """The clock is Pub/Sub's, so a backlog or a redelivery does not change the verdict."""
    now = message.published_at or now_micros()
    try:
        return validate(document, now=now, limits=limits)
    except InvalidEvent as error:
        if error.errors[0].code is not ErrorCode.TIMESTAMP_TOO_OLD:  # the first that is looked for
            raise
    # Only now is it worth while to find out how old it may be.
    limits = limits_at(limits, message.attributes, message.published_at)
    return validate(document, now=now, limits=limits)


def convert_event(message: Message, event: Event) -> EventRow:
    """The values of one row, in the order of `schemas.event_columns()`."""
    fields = event.fields
    values = fields | {
        "event_id": (fields.get("event_id") or _derived_id(message)).lower(),
        "schema_version": int(fields.get("schema_version", 1)),
        "timestamp": event.timestamp,
        "event_details": event.details,
        "received_at": _received_at(message),
        "published_at": message.published_at,
        "message_id": message.message_id,
        "request_id": _request_id(message),
    }
    return tuple(map(values.get, _column_names()))


@cache
def _column_names() -> tuple[str, ...]:
    return tuple(column.name for column in event_columns())


def _derived_id(message: Message) -> str:
    """An event that bypassed the edge has no id: redelivery and replay must derive the same."""
    first = message.attributes.get(REPLAYED_FROM, message.message_id)
    return str(uuid.uuid5(_NO_EVENT_ID, first))


def _request_id(message: Message) -> str | None:
    """The edge's request id; anyone may set attributes, and what is none leads to no log line."""
    text = message.attributes.get("request_id", "")
    return text if is_request_id(text) else None


def _received_at(message: Message) -> int | None:
    text = message.attributes.get("received_at")
    if text is None:
        return None
    try:
        micros = parse_timestamp(text)
    except ValueError:
        micros = -1
    if not 0 <= micros <= (message.published_at or now_micros()) + CLOCK_SKEW:
        detail = "must be an RFC 3339 time, not after publication"
        raise InvalidEvent(
            [EventError(ErrorCode.INVALID_ATTRIBUTE, "/attributes/received_at", detail)]
        )
    return micros
