"""Whatever arrives, parse and validate give one value or one bounded, repeatable refusal."""

import re
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import (
    ErrorCode,
    Event,
    EventError,
    InvalidEvent,
    now_micros,
    parse,
    validate,
    versions,
)
from schemas.errors import MAX_ERRORS, MAX_PATH
from tests.golden.examples import load
from tests.schemas.generated import VALID, events, json_values

NOW = now_micros()
POINTER = re.compile(r"(/([^~/]|~[01])*)*")


def verdict(data: bytes) -> Event | tuple[EventError, ...]:
    try:
        return validate(parse(data), now=NOW)
    except InvalidEvent as refusal:
        return refusal.errors


@given(st.binary() | (events() | json_values).map(orjson.dumps))
@example(b"[" * 100_000)
@example(b'{"' + b"~" * 300 + b'": 1}')
@example(b'{"event_details": [' + b"1e99," * 10_000 + b"1]}")
def test_any_bytes_give_an_event_or_a_bounded_refusal(data: bytes) -> None:
    outcome = verdict(data)
    assert outcome == verdict(data)
    if isinstance(outcome, Event):
        return
    assert 1 <= len(outcome) <= MAX_ERRORS
    assert list(outcome) == sorted(outcome, key=lambda error: error.path)
    for error in outcome:
        assert error.code in ErrorCode
        assert POINTER.fullmatch(error.path), error.path
        assert len(error.path) <= MAX_PATH
        assert "\0" not in error.path


@given(events())
def test_an_accepted_event_keeps_its_fields_and_details(document: dict[str, Any]) -> None:
    outcome = verdict(orjson.dumps(document))
    if isinstance(outcome, Event):
        details = document.get("event_details")
        assert outcome.fields == document
        assert outcome.details == (None if details is None else orjson.dumps(details))
        version = versions()[document.get("schema_version", 1)]
        assert version.required <= outcome.fields.keys() <= version.properties.keys()


SECRET = "Zx9Secret"


@given(
    st.sampled_from(list(VALID)),
    st.recursive(
        st.just(SECRET),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=2)
            | st.dictionaries(st.sampled_from("ab"), inner, min_size=1)
        ),
        max_leaves=4,
    ),
)
def test_an_error_never_repeats_a_value(field: str, value: object) -> None:
    outcome = verdict(orjson.dumps({**VALID, "unknown": SECRET, field: value}))
    assert not isinstance(outcome, Event)
    assert SECRET not in "".join(error.message + error.path for error in outcome)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("confidence", "0.5", "must be a number or null, got a string"),
        ("user_id", 7, "must be a string, got a number"),
        ("user_id", None, "must be a string, got null"),
        ("flag_type", True, "must be a string or null, got a boolean"),
        ("event_details", [], "must be an object or null, got an array"),
        ("schema_version", 1.5, "must be a whole number, got a fraction"),
        (
            "timestamp",
            "24.11.2026",
            "must be an RFC 3339 date-time with offset such as 2026-11-24T10:00:00Z",
        ),
    ],
)
def test_a_message_says_what_was_wanted_and_what_kind_came(
    field: str, value: object, message: str
) -> None:
    outcome = verdict(orjson.dumps({**VALID, field: value}))
    assert not isinstance(outcome, Event)
    assert message in [error.message for error in outcome]


def test_no_message_shows_a_pattern() -> None:
    outcomes = [verdict(example.data) for example in load()]
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Event)]
    assert refused
    assert "^" not in "".join(error.message for outcome in refused for error in outcome)


@given(st.integers(0, 80))
def test_malformed_json_is_refused_without_repeating_it(length: int) -> None:
    text = orjson.dumps({**VALID, "user_id": SECRET})[: -1 - length]
    outcome = verdict(text)
    assert not isinstance(outcome, Event)
    assert [error.code for error in outcome] == [ErrorCode.MALFORMED_JSON]
    assert SECRET not in outcome[0].message


def test_forty_thousand_faults_in_the_details_are_one_error() -> None:
    document = {**VALID, "event_details": {"a": [2**60] * 40_000}}
    assert verdict(orjson.dumps(document)) == (
        EventError(
            ErrorCode.OUT_OF_RANGE, "/event_details/a/0", "must be at most 9007199254740991"
        ),
    )
