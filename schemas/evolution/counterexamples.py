"""The smallest values and events that one version accepts and another refuses, by search."""

from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema_rs
from hypothesis import find, settings
from hypothesis.errors import NoSuchExample

from schemas.event_versions import JsonSchema, Version
from schemas.evolution.values import values_near

_READABLE = {"user_id": "user-1", "timestamp": "2026-01-01T00:00:00Z"}

Event = dict[str, Any]
# The same search gives the same answer: nothing random, nothing remembered from an earlier one.
_SEARCH = settings(derandomize=True, database=None, max_examples=300)


def alone(version: Version, name: str) -> JsonSchema:
    """The schema of one property, with what it refers to."""
    return {**version.properties[name], "$defs": version.schema["$defs"]}


def accepted_then_refused(name: str, giver: Version, taker: Version) -> Event | None:
    """An event of `giver` whose value of `name` the `taker` refuses; None if none was found.

    Where `taker` has no such property, it refuses any value.
    """
    accepts, known = _validator(giver, name), name in taker.properties
    refuses = _validator(taker, name) if known else lambda _: False
    value = _find(name, giver, taker, lambda value: accepts(value) and not refuses(value))
    return None if value is _NOTHING else smallest_event(giver) | {name: value}


def smallest_event(version: Version) -> Event:
    """An event with the required fields alone."""
    event = {name: _smallest_value(version, name) for name in sorted(version.required)}
    return event | {"schema_version": version.number}


@cache
def _smallest_value(version: Version, name: str) -> Any:
    is_valid = _validator(version, name)
    if name in _READABLE and is_valid(_READABLE[name]):
        return _READABLE[name]
    return _find(name, version, version, is_valid)


@cache
def _validator(version: Version, name: str) -> Callable[[Any], bool]:
    return jsonschema_rs.Draft202012Validator(alone(version, name)).is_valid


_NOTHING = object()


def _find(name: str, one: Version, other: Version, condition: Callable[[Any], bool]) -> Any:
    try:
        return find(values_near(name, one, other), condition, settings=_SEARCH)
    except NoSuchExample:
        return _NOTHING
