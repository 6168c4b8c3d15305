"""What happens to one message between the source and the sinks: three pure functions.

Each takes the message and what the step before made of it, and raises `InvalidEvent` for a dead
letter.
"""

import uuid
from typing import Any

from flex_template.message import Message
from schemas import (
    ErrorCode,
    Event,
    EventError,
    InvalidEvent,
    Limits,
    now_micros,
    parse,
    parse_timestamp,
    validate,
)

EventRow = tuple[Any, ...]
_CLOCK_SKEW = 24 * 60 * 60 * 1_000_000
_NO_EVENT_ID = uuid.UUID("5b0c9e52-6d0f-4c7e-9b7e-0c6a2f1d8e11")


def parse_message(_: Message, data: bytes) -> object:
    return parse(data)


def validate_document(message: Message, document: object, limits: Limits) -> Event:
    """The clock is Pub/Sub's, so a backlog or a redelivery does not change the verdict."""
    return validate(document, now=message.published_at or now_micros(), limits=limits)


def convert_event(message: Message, event: Event) -> EventRow:
    """The values of one row, in the order of `schemas/events.table.json`."""
    field = event.fields.get
    return (
        (field("event_id") or _derived_id(message)).lower(),
        int(field("schema_version", 1)),
        field("user_id"),
        event.timestamp,
        field("signal_type"),
        field("source_platform"),
        field("flag_type"),
        field("confidence"),
        field("topic_category"),
        event.details,
        _received_at(message),
        message.published_at,
        message.message_id,
    )


def _derived_id(message: Message) -> str:
    """An event that bypassed the edge has no id: redelivery and replay must derive the same."""
    first = message.attributes.get("replayed_from", message.message_id)
    return str(uuid.uuid5(_NO_EVENT_ID, first))


def _received_at(message: Message) -> int | None:
    text = message.attributes.get("received_at")
    if text is None:
        return None
    try:
        micros = parse_timestamp(text)
    except ValueError:
        micros = -1
    if not 0 <= micros <= (message.published_at or now_micros()) + _CLOCK_SKEW:
        detail = "must be an RFC 3339 time, not after publication"
        raise InvalidEvent(
            [EventError(ErrorCode.INVALID_ATTRIBUTE, "/attributes/received_at", detail)]
        )
    return micros
