"""Schema violations in our own stable words, whatever the validator's library says."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from schemas.errors import MAX_ERRORS, ErrorCode, EventError, pointer
from schemas.event_versions import versions

_KEYWORDS = {
    "type": (ErrorCode.WRONG_TYPE, "must be {}"),
    "pattern": (ErrorCode.WRONG_FORMAT, "must match {}"),
    "minLength": (ErrorCode.WRONG_LENGTH, "must have at least {} character"),
    "maxLength": (ErrorCode.WRONG_LENGTH, "must have at most {} characters"),
    "minimum": (ErrorCode.OUT_OF_RANGE, "must be at least {}"),
    "maximum": (ErrorCode.OUT_OF_RANGE, "must be at most {}"),
    "const": (ErrorCode.UNKNOWN_SCHEMA_VERSION, "must be {}"),
}


@cache
def validator_for(version: int) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema of one of `event_versions.versions()`."""
    return jsonschema_rs.Draft202012Validator(versions()[version].schema)


def violations(version: int, document: object) -> list[EventError]:
    """The first `MAX_ERRORS` violations by path, of which at most one inside `event_details`.

    The validator describes every violation in about 20 microseconds, and details have room for a
    hundred thousand: finding them all would let one request occupy a server for seconds.
    """
    raw = list(validator_for(version).iter_errors(_without_details(document)))
    try:
        _details_validator(version).validate(document)
    except jsonschema_rs.ValidationError as first:
        raw.append(first)
    found = {error for each in raw for error in in_our_words(each)}
    return sorted(found, key=lambda error: (error.path, error.code))[:MAX_ERRORS]


@cache
def _details_validator(version: int) -> jsonschema_rs.Draft202012Validator:
    schema = versions()[version].schema
    details = {"event_details": schema["properties"]["event_details"]}
    return jsonschema_rs.Draft202012Validator({"properties": details, "$defs": schema["$defs"]})


def _without_details(document: object) -> object:
    if not isinstance(document, dict):
        return document
    return {name: value for name, value in document.items() if name != "event_details"}


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
        code, template = _KEYWORDS[keyword]
        wanted = " or ".join(value) if keyword == "type" else value
        yield EventError(code, pointer(path), template.format(wanted))
