"""The closed vocabulary of what can be wrong with an event, and where that is found out."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

MAX_ERRORS = 20  # more than anyone mends at once; each takes 10 µs to describe
MAX_PATH = 256  # a member's name may be as long as the details allow


class Stage(StrEnum):
    """Who refused a message: the edge, or a step of the pipeline."""

    EDGE = "edge"
    DECODE = "decode"
    PARSE = "parse"
    VALIDATE = "validate"
    CONVERT = "convert"
    APPEND = "append"


class ErrorCode(StrEnum):
    """Stable codes: clients, alerts and replay filters depend on them."""

    EMPTY_PAYLOAD = "empty_payload"
    NOT_UTF8 = "not_utf8"
    MALFORMED_JSON = "malformed_json"
    TOO_MANY_VALUES = "too_many_values"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_SCHEMA_VERSION = "unknown_schema_version"
    WRONG_FORMAT = "wrong_format"
    WRONG_LENGTH = "wrong_length"
    OUT_OF_RANGE = "out_of_range"
    NUL_CHARACTER = "nul_character"
    TIMESTAMP_TOO_OLD = "timestamp_too_old"
    TIMESTAMP_IN_FUTURE = "timestamp_in_future"
    DETAILS_TOO_LARGE = "details_too_large"
    DETAILS_TOO_DEEP = "details_too_deep"
    DOCUMENT_TOO_DEEP = "document_too_deep"
    INVALID_ATTRIBUTE = "invalid_attribute"
    ROW_REFUSED = "row_refused"
    INTERNAL_ERROR = "internal_error"


_STAGES = {
    ErrorCode.EMPTY_PAYLOAD: Stage.DECODE,
    ErrorCode.NOT_UTF8: Stage.DECODE,
    ErrorCode.MALFORMED_JSON: Stage.PARSE,
    ErrorCode.TOO_MANY_VALUES: Stage.PARSE,
    ErrorCode.INVALID_ATTRIBUTE: Stage.CONVERT,
    ErrorCode.ROW_REFUSED: Stage.APPEND,
    # Not the message's fault but the program's, in whichever step: counted with the last of them.
    ErrorCode.INTERNAL_ERROR: Stage.CONVERT,
}


def stage_of(code: ErrorCode) -> Stage:
    """The pipeline's stage that raises `code`; the edge may have raised it before."""
    return _STAGES.get(code, Stage.VALIDATE)


def pointer(parts: Sequence[str | int]) -> str:
    """A JSON Pointer (RFC 6901) to a place in the event, cut to `MAX_PATH` characters."""
    escaped = [str(part).replace("~", "~0").replace("/", "~1") for part in parts]
    cut = "/".join(["", *escaped])[:MAX_PATH].removesuffix("~")
    return cut.replace("\0", "\ufffd")  # BigQuery's JSON holds no U+0000


class EventError(NamedTuple):
    """One thing wrong with an event: a stable code, a JSON Pointer (RFC 6901), a sentence."""

    code: ErrorCode
    path: str
    message: str


class InvalidEvent(ValueError):  # noqa: N818 - a verdict on the input, not a fault of the program
    """The event was refused; `errors` holds at least one reason, ordered by path."""

    def __init__(self, errors: Sequence[EventError]) -> None:
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return self.errors[0].code.value
