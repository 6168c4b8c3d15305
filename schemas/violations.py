"""Schema violations in our own stable words, whatever the validator's library says."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from schemas.errors import ErrorCode, EventError

MAX_ERRORS = 20
MAX_PATH = 256

SCHEMA_VERSIONS = (1,)

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
    """The compiled schema of one of `SCHEMA_VERSIONS`."""
    schema = json.loads(files("schemas").joinpath(f"event.v{version}.schema.json").read_bytes())
    return jsonschema_rs.Draft202012Validator(schema)


def violations(validator: jsonschema_rs.Draft202012Validator, document: object) -> list[EventError]:
    """The first `MAX_ERRORS` violations by path, so that a hostile event has a bounded answer."""
    found = {error for raw in validator.iter_errors(document) for error in _translate(raw)}
    return sorted(found, key=lambda error: (error.path, error.code))[:MAX_ERRORS]


def _translate(raw: Any) -> Iterator[EventError]:
    keyword, value, path = raw.kind.name, raw.kind.value, raw.instance_path
    if keyword == "required":
        yield EventError(ErrorCode.MISSING_FIELD, _pointer([*path, value]), "is required")
    elif keyword == "additionalProperties":
        for name in value:
            message = "is not a field of this schema version"
            yield EventError(ErrorCode.UNKNOWN_FIELD, _pointer([*path, name]), message)
    elif keyword == "propertyNames" or (keyword == "pattern" and "storable" in raw.schema_path):
        message = "must not contain the character U+0000"
        yield EventError(ErrorCode.NUL_CHARACTER, _pointer(path), message)
    else:
        code, template = _KEYWORDS[keyword]
        wanted = " or ".join(value) if keyword == "type" else value
        yield EventError(code, _pointer(path), template.format(wanted))


def _pointer(parts: list[str | int]) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    cut = "".join(f"/{part}" for part in escaped)[:MAX_PATH].removesuffix("~")
    return cut.replace("\0", "\ufffd")  # BigQuery's JSON holds no U+0000
