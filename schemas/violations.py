"""Schema violations in our own stable words, whatever the validator's library says."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from heapq import nsmallest
from operator import itemgetter
from typing import Any

import jsonschema_rs

from schemas.errors import MAX_ERRORS, ErrorCode, EventError, pointer
from schemas.event_versions import versions
from schemas.plain import DETAILS
from schemas.words import any_of, forms, kind_of

# A faulty client breaks a rule with the same few texts; longer ones are not worth their memory.
MAX_REMEMBERED = 128
KEYWORDS = {
    "type": (ErrorCode.WRONG_TYPE, "must be {}"),
    "pattern": (ErrorCode.WRONG_FORMAT, "must be {}"),
    "minLength": (ErrorCode.WRONG_LENGTH, "must have {} or more characters"),
    "maxLength": (ErrorCode.WRONG_LENGTH, "must have at most {} characters"),
    "minimum": (ErrorCode.OUT_OF_RANGE, "must be at least {}"),
    "maximum": (ErrorCode.OUT_OF_RANGE, "must be at most {}"),
    "const": (ErrorCode.UNKNOWN_SCHEMA_VERSION, "must be {}"),
}
_by_path_and_code = itemgetter(1, 0)


@cache
def validator_for(version: int) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema of one of `event_versions.versions()`."""
    return jsonschema_rs.Draft202012Validator(versions()[version].schema)


def violations(version: int, document: object, max_errors: int = MAX_ERRORS) -> list[EventError]:
    """The first `max_errors` violations by path, of which at most one inside `event_details`.

    With `max_errors` 1 any one of them.
    """
    if max_errors == 1:
        found = set(_any_violation(version, document))
    elif isinstance(document, dict):
        found = set(_violations_of_object(version, document))
    else:
        raw = validator_for(version).iter_errors(_emptied(document))
        found = {error for each in raw for error in in_our_words(each)}
    return sorted(found, key=_by_path_and_code)[:max_errors]


def _any_violation(version: int, document: object) -> Iterator[EventError]:
    if validator_for(version).is_valid(document):
        return
    outline = _outline(version, document)
    for raw in _first(validator_for(version), outline) or _first(
        _parts(version)[DETAILS], document
    ):
        yield from in_our_words(raw)


def _violations_of_object(version: int, document: dict[str, Any]) -> Iterator[EventError]:
    """Property by property: only what is broken is described.

    The validator copies what it is given into every violation, and details have room for a hundred
    thousand: finding them all would let one request occupy a server for seconds.
    """
    parts = _parts(version)
    for name in versions()[version].required - document.keys():
        yield _missing_property(name)
    unknown = document.keys() - parts.keys()
    for name in nsmallest(MAX_ERRORS, unknown) if len(unknown) > MAX_ERRORS else unknown:
        yield _unknown_property(name) if len(name) <= MAX_REMEMBERED else _unknown(pointer([name]))
    if _properties(version).is_valid(document):
        return
    for name, value in document.items():
        if name in parts and not parts[name].is_valid({name: value}):
            yield from _wrong_value(version, name, value)


def _wrong_value(version: int, name: str, value: object) -> Iterable[EventError]:
    if name == DETAILS:
        raw = _first(_parts(version)[name], {name: value})
        return (error for each in raw for error in in_our_words(each))
    if isinstance(value, str) and len(value) <= MAX_REMEMBERED:
        return _wrong_text(version, name, value)
    return _wrong(version, name, _emptied(value))


def _wrong(version: int, name: str, value: object) -> tuple[EventError, ...]:
    raw = _parts(version)[name].iter_errors({name: value})
    return tuple(error for each in raw for error in in_our_words(each))


_wrong_text = lru_cache(maxsize=1_000)(_wrong)


def _first(
    validator: jsonschema_rs.Draft202012Validator, document: object
) -> list[jsonschema_rs.ValidationError]:
    try:
        validator.validate(document)
    except jsonschema_rs.ValidationError as first:
        return [first]
    return []


@cache
def _properties(version: int) -> jsonschema_rs.Draft202012Validator:
    """What the schema says of all properties, for an object that may lack some or have others."""
    return _validator_of(version, versions()[version].properties)


@cache
def _parts(version: int) -> Mapping[str, jsonschema_rs.Draft202012Validator]:
    """What the schema says of each property, for an object."""
    properties = versions()[version].properties
    return {name: _validator_of(version, {name: rules}) for name, rules in properties.items()}


def _validator_of(
    version: int, properties: Mapping[str, Any]
) -> jsonschema_rs.Draft202012Validator:
    definitions = versions()[version].schema["$defs"]
    return jsonschema_rs.Draft202012Validator({"properties": properties, "$defs": definitions})


def _outline(version: int, document: object) -> object:
    """A small document with the same violations outside `event_details`.

    Containers are empty, since no field but `event_details` may hold any; of unknown fields only
    the first `MAX_ERRORS` are left.
    """
    if not isinstance(document, dict):
        return _emptied(document)
    known = versions()[version].properties
    unknown = nsmallest(MAX_ERRORS, document.keys() - known)
    outline = {name: _emptied(document[name]) for name in known if name in document}
    outline.pop(DETAILS, None)
    return {**outline, **dict.fromkeys(unknown)}


def _emptied(value: object) -> object:
    return type(value)() if isinstance(value, dict | list) else value


def in_our_words(raw: Any) -> Iterator[EventError]:
    """One error of the validator; unknown fields are one each."""
    keyword, value, path = raw.kind.name, raw.kind.value, raw.instance_path
    if keyword == "required":
        yield _missing(pointer([*path, value]))
    elif keyword == "additionalProperties":
        for name in sorted(value)[:MAX_ERRORS]:
            yield _unknown(pointer([*path, name]))
    elif keyword == "propertyNames" or (keyword == "pattern" and "storable" in raw.schema_path):
        message = "must not contain the character U+0000"
        yield EventError(ErrorCode.NUL_CHARACTER, pointer(path), message)
    else:
        code, template = KEYWORDS[keyword]
        if keyword == "type":
            value = f"{any_of(value)}, got {kind_of(raw.instance)}"
        elif keyword == "pattern":
            value = forms().get(value, f"text that matches {value}")
        yield EventError(code, pointer(path), template.format(value))


def _missing(path: str) -> EventError:
    return EventError(ErrorCode.MISSING_FIELD, path, "is required")


def _unknown(path: str) -> EventError:
    return EventError(ErrorCode.UNKNOWN_FIELD, path, "is not a field of this schema version")


@lru_cache(maxsize=1_000)
def _missing_property(name: str) -> EventError:
    return _missing(pointer([name]))


@lru_cache(maxsize=1_000)
def _unknown_property(name: str) -> EventError:
    return _unknown(pointer([name]))
