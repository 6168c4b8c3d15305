"""What the edge refused becomes a dead letter of its own stage, and never a row."""

import hashlib
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from local.bigquery.write_server import BigQueryWriteServer
from schemas import ErrorCode, EventError
from schemas.quarantine import (
    data_digest,
    is_quarantined,
    quarantine_attributes,
    quarantine_errors,
    without_quarantine,
)
from tests.flex_template.runs import EVENT, counters, message, run

ERRORS = (
    EventError(ErrorCode.WRONG_TYPE, "/confidence", "must be a number, got a string"),
    EventError(ErrorCode.MISSING_FIELD, "/user_id", "is required"),
)
errors = st.lists(
    st.builds(EventError, st.sampled_from(ErrorCode), st.text(max_size=64), st.text(max_size=64)),
    min_size=1,
    max_size=10,
)


def test_a_quarantined_event_is_a_dead_letter_with_the_codes_of_the_edge(
    bigquery: BigQueryWriteServer,
) -> None:
    data = b'{"confidence": "0.5"}'
    attributes = {"request_id": "r-1"} | quarantine_attributes(ERRORS)
    result = run([message(data, attributes)])
    letter = only_letter(bigquery)
    assert (letter["stage"], letter["error_code"]) == ("edge", "wrong_type")
    assert orjson.loads(letter["errors"]) == [error._asdict() for error in ERRORS]
    assert letter["payload"] == data
    assert counters(result)["edge_refusals_wrong_type"] == 1


def test_a_quarantined_event_that_would_be_valid_by_now_is_no_row(
    bigquery: BigQueryWriteServer,
) -> None:
    run([message(orjson.dumps(EVENT), quarantine_attributes(ERRORS))])
    assert bigquery.rows.keys() == {"dead_letters"}


def test_a_clients_retry_is_the_same_letter(bigquery: BigQueryWriteServer) -> None:
    marks = quarantine_attributes(ERRORS)
    run([message(b"{}", marks, "1"), message(b"{}", marks, "2"), message(b"{ }", marks, "3")])
    first, retry, other = (row["dead_letter_id"] for row in bigquery.rows["dead_letters"])
    assert first == retry != other


def test_withheld_bytes_leave_their_size_and_hash(bigquery: BigQueryWriteServer) -> None:
    secret = b"{user_id: alice"
    run([message(b"", quarantine_attributes(ERRORS, data_digest(secret)))])
    letter = only_letter(bigquery)
    assert (letter["payload"], letter["payload_size"], letter["truncated"]) == (b"", 15, True)
    assert letter["payload_sha256"] == hashlib.sha256(secret).hexdigest()


def test_a_mark_that_cannot_be_read_refuses_all_the_same(bigquery: BigQueryWriteServer) -> None:
    texts = ["", "null", "[]", '["wrong_type", 1, ""]', '["unheard_of", "", ""]', "{", "\0"]
    marks = {repr(text): {"quarantined": "edge", "edge_error_0": text} for text in texts}
    run([message(orjson.dumps(EVENT), mark, text) for text, mark in marks.items()])
    letters = bigquery.rows.pop("dead_letters")
    found = {letter["message_id"]: (letter["stage"], letter["error_code"]) for letter in letters}
    assert found == dict.fromkeys(marks, ("edge", "invalid_attribute"))
    assert bigquery.rows == {}


@given(errors)
def test_errors_travel_in_attributes_unchanged(original: list[EventError]) -> None:
    marks = quarantine_attributes(original)
    assert quarantine_errors(marks) == tuple(original)
    assert is_quarantined(marks)
    assert without_quarantine({"a": "b"} | marks) == {"a": "b"}


@given(st.text(min_size=200, max_size=2_000), st.integers(1, 40))
def test_attributes_stay_within_the_limits_of_pubsub(text: str, count: int) -> None:
    marks = quarantine_attributes([EventError(ErrorCode.WRONG_FORMAT, text, text)] * count)
    assert len(marks) <= 13
    assert max(len(value.encode()) for value in marks.values()) <= 1024


def only_letter(bigquery: BigQueryWriteServer) -> dict[str, Any]:
    (letter,) = bigquery.rows["dead_letters"]
    return letter
