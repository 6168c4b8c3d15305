"""The step between validation and encoding: an event gets its id, and its persons their privacy."""

from collections.abc import Callable, Mapping
from typing import Any

from ingest_function.settings import Privacy, Settings
from ingest_function.uuid7 import uuid7
from schemas.privacy import annotated, user_id_alone

Fields = Mapping[str, Any]


def preparation(settings: Settings) -> Callable[[Fields], Fields]:
    """What makes of a valid event the one that leaves the edge; compiled once per process."""
    if settings.privacy is Privacy.ANNOTATED:
        protect = annotated(settings.user_id_key)
    elif settings.user_id_key:
        protect = user_id_alone(settings.user_id_key)
    else:
        return with_event_id
    return lambda fields: protect(with_event_id(fields))


def with_event_id(fields: Fields) -> Fields:
    """The event under its own id, or under a new UUIDv7."""
    return fields if "event_id" in fields else {**fields, "event_id": uuid7()}
