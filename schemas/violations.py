"""Schema violations in our own stable words, whatever the validator's library says."""

from collections.abc import Iterator
from functools import cache
from heapq import nsmallest
from typing import Any

import jsonschema_rs

from schemas.errors import MAX_ERRORS, ErrorCode, EventError, pointer
from schemas.event_versions import versions
from schemas.words import any_of, forms, kind_of

KEYWORDS = {
    "type": (ErrorCode.WRONG_TYPE, "must be {}"),
    "pattern": (ErrorCode.WRONG_FORMAT, "must be {}"),
    "minLength": (ErrorCode.WRONG_LENGTH, "must have {} or more characters"),
    "maxLength": (ErrorCode.WRONG_LENGTH, "must have at most {} characters"),
    "minimum": (ErrorCode.OUT_OF_RANGE, "must be at least {}"),
    "maximum": (ErrorCode.OUT_OF_RANGE, "must be at most {}"),
    "const": (ErrorCode.UNKNOWN_SCHEMA_VERSION, "must be {}"),
}


@cache
def validator_for(version: int) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema of one of `event_versions.versions()`."""
    return jsonschema_rs.Draft202012Validator(versions()[version].schema)


def violations(version: int, document: object, max_errors: int = MAX_ERRORS) -> list[EventError]:
    """The first `max_errors` violations by path, of which at most one inside `event_details`.

    The validator copies the whole document into every violation, and details have room for a
    hundred thousand: finding them all would let one request occupy a server for seconds. What it
    is given here is as small as the schema's own fields.
    """
    outline = _outline(version, document)
    validator = validator_for(version)
    raw = _first(validator, outline) if max_errors == 1 else list(validator.iter_errors(outline))
    if max_errors > 1 or not raw:
        raw += _first(_details_validator(version), document)
    found = {error for each in raw for error in in_our_words(each)}
    return sorted(found, key=lambda error: (error.path, error.code))[:max_errors]


def _first(
    validator: jsonschema_rs.Draft202012Validator, document: object
) -> list[jsonschema_rs.ValidationError]:
    try:
        validator.validate(document)
    except jsonschema_rs.ValidationError as first:
        return [first]
    return []


@cache
def _details_validator(version: int) -> jsonschema_rs.Draft202012Validator:
    schema = versions()[version].schema
    details = {"event_details": schema["properties"]["event_details"]}
    return jsonschema_rs.Draft202012Validator({"properties": details, "$defs": schema["$defs"]})


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
    outline.pop("event_details", None)
    return {**outline, **dict.fromkeys(unknown)}


def _emptied(value: object) -> object:
    return type(value)() if isinstance(value, dict | list) else value


def in_our_words(raw: Any) -> Iterator[EventError]:
    """One error of the validator; unknown fields are one each."""
    keyword, value, path = raw.kind.name, raw.kind.value, raw.instance_path
    if keyword == "required":
        yield EventError(ErrorCode.MISSING_FIELD, pointer([*path, value]), "is required")
    elif keyword == "additionalProperties":
        for name in sorted(value)[:MAX_ERRORS]:
            message = "is not a field of this schema version"
            yield EventError(ErrorCode.UNKNOWN_FIELD, pointer([*path, name]), message)
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
