"""Nesting has one limit, found before any validator sees the document, at whatever depth."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ErrorCode, InvalidEvent, parse, parse_timestamp, validate
from schemas.depth import MAX_DEPTH
from tests.schemas.generated import VALID

ORJSON_LEVELS = 1024
NOW = parse_timestamp(str(VALID["timestamp"]))


def nested(levels: int, *, arrays: bool = False) -> bytes:
    opening, closing = (b"[", b"]") if arrays else (b'{"a":', b"}")
    return opening * levels + b"1" + closing * levels


def codes(data: bytes) -> list[ErrorCode]:
    try:
        validate(parse(data), now=NOW)
    except InvalidEvent as refusal:
        return [error.code for error in refusal.errors]
    return []


def event_with(field: str, value: bytes) -> bytes:
    rest = orjson.dumps({name: each for name, each in VALID.items() if name != field})
    return rest[:-1] + b',"' + field.encode() + b'":' + value + b"}"


@given(st.integers(MAX_DEPTH + 1, ORJSON_LEVELS - 1), st.booleans())
def test_details_beyond_the_limit_have_one_code_at_every_depth(levels: int, arrays: bool) -> None:  # noqa: FBT001
    data = event_with("event_details", nested(levels, arrays=arrays))
    assert codes(data) == [ErrorCode.DETAILS_TOO_DEEP]


@given(
    st.sampled_from([*(name for name in VALID if name != "event_details"), "unknown"]),
    st.integers(MAX_DEPTH + 1, ORJSON_LEVELS - 1),
)
def test_any_other_field_beyond_the_limit_has_one_code_at_every_depth(
    field: str, levels: int
) -> None:
    assert codes(event_with(field, nested(levels))) == [ErrorCode.DOCUMENT_TOO_DEEP]


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 254, 255, 256, ORJSON_LEVELS])
def test_a_document_that_is_no_object_has_the_same_limit(levels: int) -> None:
    assert codes(nested(levels, arrays=True)) == [ErrorCode.DOCUMENT_TOO_DEEP]


@given(st.integers(1, MAX_DEPTH))
def test_details_up_to_the_limit_are_taken(levels: int) -> None:
    assert codes(event_with("event_details", nested(levels))) == []


def test_a_thousand_deep_fields_are_twenty_errors() -> None:
    data = orjson.dumps({f"field{number}": orjson.loads(nested(17)) for number in range(1000)})
    assert codes(data) == [ErrorCode.DOCUMENT_TOO_DEEP] * 20
