"""The tables hold what the event schema describes, and nothing drifts apart."""

import json
from importlib.resources import files
from typing import Any

import pytest

from schemas import TABLES, deduplicated_view, table_schema

ADDED = {
    "received_at": ("TIMESTAMP", "NULLABLE"),
    "published_at": ("TIMESTAMP", "NULLABLE"),
    "message_id": ("STRING", "REQUIRED"),
    "request_id": ("STRING", "NULLABLE"),
}
ASSIGNED_WHEN_ABSENT = {"event_id", "schema_version"}
COLUMN_TYPES = {"string": "STRING", "integer": "INTEGER", "number": "FLOAT", "object": "JSON"}


def event_schema() -> dict[str, Any]:
    text = files("schemas").joinpath("event.v1.schema.json").read_text()
    return json.loads(text)  # type: ignore[no-any-return]


def column_of(name: str, schema: dict[str, Any]) -> tuple[str, str]:
    """The BigQuery type and mode that store one property of the event."""
    types = schema["properties"][name]["type"]
    kind = types if isinstance(types, str) else next(each for each in types if each != "null")
    required = name in schema["required"] or name in ASSIGNED_WHEN_ABSENT
    column_type = "TIMESTAMP" if name == "timestamp" else COLUMN_TYPES[kind]
    return column_type, "REQUIRED" if required else "NULLABLE"


def test_the_events_table_has_a_column_per_field_in_the_same_order() -> None:
    schema = event_schema()
    expected = {name: column_of(name, schema) for name in schema["properties"]} | ADDED
    columns = {each["name"]: (each["type"], each["mode"]) for each in table_schema("events")}
    assert list(columns.items()) == list(expected.items())


def test_only_optional_fields_may_be_null() -> None:
    schema = event_schema()
    nullable = {name for name, each in schema["properties"].items() if "null" in each["type"]}
    assert nullable == schema["properties"].keys() - set(schema["required"]) - ASSIGNED_WHEN_ABSENT


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_described_and_named_once(table: str) -> None:
    columns = table_schema(table)
    assert len({each["name"] for each in columns}) == len(columns)
    assert all(each.keys() == {"name", "type", "mode", "description"} for each in columns)
    assert all(each["description"].endswith(".") for each in columns)


def test_the_view_selects_from_the_table_it_is_given() -> None:
    sql = deduplicated_view("my-project.my_dataset.my_table")
    assert "FROM `my-project.my_dataset.my_table`" in sql
    assert "${" not in sql
