"""Rows are tuples in the order of the schema files: each value must sit in its own column."""

from typing import Any

import orjson
import pyarrow as pa
import pytest

from flex_template.bigquery.arrow import arrow_schema, record_batch, row_tuples
from flex_template.bigquery.json_rows import json_row
from flex_template.dead_letter import Failure, Origin, dead_letter_rows, times_replayed
from flex_template.message import Message
from flex_template.steps import convert_event
from schemas import TABLES, ErrorCode, Event, EventError, table_schema, versions

TIME = 1_700_000_000_000_000
TYPES = {
    "STRING": (str,),
    "JSON": (bytes,),
    "BYTES": (bytes,),
    "INTEGER": (int,),
    "FLOAT": (float,),
    "BOOLEAN": (bool,),
    "TIMESTAMP": (int,),
}
# Columns whose value is their own name in the rows below.
SAME_IN_EVENTS = {
    name
    for version in versions().values()
    for name in version.properties
    if version.column_type(name) == "STRING"
}
SAME_IN_DEAD_LETTERS = {
    "error_message",
    "exception_class",
    "message_id",
    "event_id",
    "schema_version",
    "subscription",
    "destination_table",
    "job_name",
}


def event_row() -> tuple[Any, ...]:
    """Every value says, or counts, which column it belongs to."""
    fields = {name: name for name in SAME_IN_EVENTS} | {"schema_version": 1, "confidence": 0.5}
    attributes = {"received_at": "2023-11-14T22:13:20Z", "request_id": "request_id"}
    message = Message(b"", attributes, "message_id", TIME + 2)
    return convert_event(message, Event(fields, TIME + 1, b'"event_details"'))


def failed_row() -> tuple[Any, ...]:
    attributes = {"event_id": "event_id", "schema_version": "schema_version", "replay_attempt": "7"}
    failure = Failure(
        Message(b"payload", attributes, "message_id", TIME + 2),
        (EventError(ErrorCode.WRONG_TYPE, "", "error_message"),),
        "exception_class",
    )
    origin = Origin("subscription", "destination_table", "job_name")
    return next(row_tuples(dead_letter_rows([failure], origin, TIME)))


def named(kind: str, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip([field["name"] for field in table_schema(kind)], row, strict=True))


def test_each_value_of_an_event_is_in_its_column() -> None:
    row = named("events", event_row())
    numbers = {"schema_version": 1, "confidence": 0.5}
    times = {"received_at": TIME, "timestamp": TIME + 1, "published_at": TIME + 2}
    details = {"event_details": b'"event_details"'}
    texts = {name: name for name in row if name not in {**numbers, **times, **details}}
    assert row == texts | numbers | times | details


def test_each_value_of_a_dead_letter_is_in_its_column() -> None:
    row = named("dead_letters", failed_row())
    assert {name for name, value in row.items() if value == name} == SAME_IN_DEAD_LETTERS
    assert (row["stage"], row["error_code"]) == ("validate", "wrong_type")
    assert (row["payload"], row["payload_text"], row["payload_size"]) == (b"payload", "payload", 7)
    assert (row["failed_at"], row["published_at"]) == (TIME, TIME + 2)
    assert (row["truncated"], row["replay_attempt"]) == (False, 7)
    assert orjson.loads(row["attributes"])["replay_attempt"] == "7"
    assert orjson.loads(row["errors"])[0]["code"] == "wrong_type"


def test_each_value_of_an_event_has_the_type_of_its_column() -> None:
    for field, value in zip(table_schema("events"), event_row(), strict=True):
        assert type(value) in TYPES[field["type"]], field["name"]


@pytest.mark.parametrize("kind", TABLES)
def test_the_arrow_schema_is_that_of_the_table(kind: str) -> None:
    schema = arrow_schema(kind)
    assert schema.names == [field["name"] for field in table_schema(kind)]
    for field in table_schema(kind):
        assert schema.field(field["name"]).nullable == (field["mode"] == "NULLABLE")
        if field["type"] == "TIMESTAMP":
            assert schema.field(field["name"]).type == pa.timestamp("us", "UTC")


def test_columns_hold_what_the_rows_held() -> None:
    schema = arrow_schema("events")
    without = tuple(
        None if field.nullable else value for field, value in zip(schema, event_row(), strict=True)
    )
    first, second = record_batch([event_row(), without], schema).to_pylist()
    assert first["event_details"] == '"event_details"'
    assert second["user_id"] == "user_id"
    assert {name for name, value in second.items() if value is None} == {
        field.name for field in schema if field.nullable
    }


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("failed_at", "2023-11-14T22:13:20.000000Z"),
        ("published_at", "2023-11-14T22:13:20.000002Z"),
        ("payload", "cGF5bG9hZA=="),
        ("truncated", False),
        ("payload_size", 7),
        ("errors", '[{"code":"wrong_type","path":"","message":"error_message"}]'),
    ],
)
def test_json_rows_are_in_bigquerys_form(column: str, value: object) -> None:
    assert json_row(failed_row(), "dead_letters")[column] == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("3", 3), ("-1", 0), ("9" * 400, 0), ("\u0663", 0), ("1.5", 0), (" 1", 0)],
)
def test_a_replay_attempt_that_is_no_count_is_none(text: str, expected: int) -> None:
    assert times_replayed({"replay_attempt": text}) == expected


def test_the_job_name_may_be_absent() -> None:
    origin = Origin("subscription", "table", None)
    failure = Failure(
        Message(b"", {}, "1", None), (EventError(ErrorCode.EMPTY_PAYLOAD, "", ""),), ""
    )
    row = named("dead_letters", *row_tuples(dead_letter_rows([failure], origin, TIME)))
    assert (row["job_name"], row["published_at"], row["payload_text"]) == (None, None, "")
