"""Parse and validate one event; units are microseconds since the Unix epoch throughout."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, NoReturn

import msgspec
import orjson

from schemas.depth import MAX_DEPTH, limit_depth
from schemas.errors import MAX_ERRORS, ErrorCode, EventError, InvalidEvent
from schemas.event_versions import versions
from schemas.plain import plain_details
from schemas.violations import violations

# Fifty times what a visit to a page takes: each byte is stored, and read by every query of details.
DETAILS_MAX_BYTES = 64 * 1024
# Of one document, be it an event or a batch of 500: each value costs up to 0.5 us to check. More
# than the commas that the largest details can hold, so that no good event is refused alone.
MAX_VALUES = 70_000
_HOUR = 60 * 60 * 1_000_000
_DAY = 24 * _HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Limits(NamedTuple):
    """How far an event's `timestamp` may lie from now, in microseconds."""

    max_age: int
    max_ahead: int

    @classmethod
    def of_days(cls, max_age_days: float, max_ahead_days: float = 1) -> "Limits":
        return cls(int(max_age_days * _DAY), int(max_ahead_days * _DAY))


DEFAULT_AGE_DAYS = 365  # half of what the partitions of `events` are kept for
DEFAULT_LIMITS = Limits.of_days(DEFAULT_AGE_DAYS)


class Event(NamedTuple):
    """A valid event: its JSON fields, and what validation computed on the way."""

    fields: dict[str, Any]
    timestamp: int
    details: bytes | None


def now_micros() -> int:
    return time.time_ns() // 1000


def parse(data: bytes) -> object:
    """Decode one event (RFC 8259), no deeper than `MAX_DEPTH` allows.

    The pipeline hands the document from step to step, and a runner that pickles it meets Python's
    recursion limit.

    Raises:
        InvalidEvent: as `parse_json` does, or with what is nested too deeply.
    """
    document = parse_json(data)
    # Each level opens a bracket, so few brackets prove a shallow document without walking it.
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        limit_depth(document)
    return document


def parse_json(data: bytes) -> object:
    """Decode one JSON document of any depth, which `validate` limits.

    Raises:
        InvalidEvent: with `empty_payload`, `not_utf8`, `malformed_json` or `too_many_values`.
    """
    if len(data) > MAX_VALUES and _separators(data) > MAX_VALUES:
        message = f"at most {MAX_VALUES} commas and opening brackets"
        raise InvalidEvent([EventError(ErrorCode.TOO_MANY_VALUES, "", message)])
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        _refuse_bytes(data, error)


def _separators(data: bytes) -> int:
    """Never less than the values: each follows a comma or a bracket, and texts hold some too."""
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def validate(
    document: object, *, now: int, limits: Limits = DEFAULT_LIMITS, max_errors: int = MAX_ERRORS
) -> Event:
    """Check a parsed document against the schema version it names, and what a schema cannot say.

    With `max_errors` 1 the schema's violation is the first that is found, and the cheapest.

    Raises:
        InvalidEvent: with what is nested too deeply; if nothing is, with the schema's violations;
            if there are none, with those of the other rules.
    """
    version = _version(document)
    is_plain = True
    try:
        details = plain_details(version, document)
    except msgspec.ValidationError:
        is_plain = False
    # Not within the handler: what is raised here would carry the other exception as its context.
    if not is_plain:
        _check_schema(version, document, max_errors)
        details = _encoded_details(document)
    assert isinstance(document, dict)
    return _check_values(document, details, now, limits)


def _check_schema(version: int, document: object, max_errors: int) -> None:
    limit_depth(document)
    if version not in versions():
        message = f"must be one of {', '.join(map(str, versions()))}"
        raise InvalidEvent(
            [EventError(ErrorCode.UNKNOWN_SCHEMA_VERSION, "/schema_version", message)]
        )
    if errors := violations(version, document, max_errors):
        raise InvalidEvent(errors)


def _version(document: object) -> int:
    """The version to validate against; nonsense maps to 1, whose schema then names the fault."""
    version = document.get("schema_version", 1) if isinstance(document, dict) else 1
    if type(version) is int:
        return version
    # In JSON Schema 1.0 is the integer 1.
    return int(version) if type(version) is float and version % 1 == 0 else 1


def _encoded_details(document: Any) -> bytes | None:
    details = document.get("event_details")
    return None if details is None else orjson.dumps(details)


def _check_values(fields: dict[str, Any], details: bytes | None, now: int, limits: Limits) -> Event:
    timestamp = _calendar_time(fields["timestamp"])
    time_error = _time_error(timestamp, now, limits)
    details_error = _details_error(details)
    if time_error or details_error:
        raise InvalidEvent([error for error in (time_error, details_error) if error])
    assert timestamp is not None
    return Event(fields, timestamp, details)


def parse_timestamp(text: str) -> int:
    """Microseconds since the epoch; digits beyond the sixth are cut off, as BigQuery does.

    Raises:
        ValueError: the text is not a calendar date, or has no offset.
    """
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return (moment - _EPOCH) // _MICROSECOND


def _calendar_time(text: str) -> int | None:
    """Microseconds since the epoch; None for what the pattern allows and the calendar does not."""
    try:
        return parse_timestamp(text)
    except ValueError:
        return None


def _time_error(timestamp: int | None, now: int, limits: Limits) -> EventError | None:
    if timestamp is None:
        message = "must be a date that exists in the calendar"
        return EventError(ErrorCode.WRONG_FORMAT, "/timestamp", message)
    if timestamp < now - limits.max_age:
        message = f"older than {limits.max_age / _DAY:g} days"
        return EventError(ErrorCode.TIMESTAMP_TOO_OLD, "/timestamp", message)
    if timestamp > now + limits.max_ahead:
        message = f"more than {limits.max_ahead / _HOUR:g} hours ahead of the server's clock"
        return EventError(ErrorCode.TIMESTAMP_IN_FUTURE, "/timestamp", message)
    return None


def _details_error(details: bytes | None) -> EventError | None:
    if details is None or len(details) <= DETAILS_MAX_BYTES:
        return None
    message = f"{len(details)} bytes encoded, at most {DETAILS_MAX_BYTES}"
    return EventError(ErrorCode.DETAILS_TOO_LARGE, "/event_details", message)


def _refuse_bytes(data: bytes, cause: orjson.JSONDecodeError) -> NoReturn:
    if not data.strip():
        raise InvalidEvent([EventError(ErrorCode.EMPTY_PAYLOAD, "", "the payload is empty")])
    try:
        data.decode()
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise InvalidEvent([EventError(ErrorCode.NOT_UTF8, "", message)]) from error
    raise InvalidEvent([EventError(ErrorCode.MALFORMED_JSON, "", f"not JSON: {cause}")])
