"""The step between validation and encoding: an event gets its id, and its persons their privacy."""

from collections.abc import Callable, Mapping
from typing import Any

from ingest_function.ids.uuid7 import uuid7
from ingest_function.settings import Privacy, Settings
from schemas.privacy import Protect, annotated, user_id_alone

Fields = Mapping[str, Any]


def preparation(protect: Protect | None) -> Callable[[Fields], Fields]:
    """What makes of a valid event the one that leaves the edge."""
    if protect is None:
        return with_event_id
    return lambda fields: protect(with_event_id(fields))


def protection(settings: Settings) -> Protect | None:
    """What is done for a person's privacy, to valid and refused events; compiled once."""
    if settings.privacy is Privacy.ANNOTATED:
        return annotated(settings.user_id_key)
    return user_id_alone(settings.user_id_key) if settings.user_id_key else None


def with_event_id(fields: Fields) -> Fields:
    """The event under its own id, or under a new UUIDv7."""
    return fields if "event_id" in fields else {**fields, "event_id": uuid7()}
