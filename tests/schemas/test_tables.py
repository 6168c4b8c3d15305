"""The tables hold what the event schema describes, and nothing drifts apart."""

import json

import pytest

from schemas import TABLES, Version, deduplicated_view, layout, table_schema, versions
from tests.machine import ROOT

SCHEMAS = ROOT / "schemas"
FROM_THE_MESSAGE = {
    "received_at": ("TIMESTAMP", "NULLABLE"),
    "published_at": ("TIMESTAMP", "NULLABLE"),
    "message_id": ("STRING", "REQUIRED"),
    "request_id": ("STRING", "NULLABLE"),
}
ASSIGNED_WHEN_ABSENT = {"event_id", "schema_version"}
COLUMN_TYPES = {"string": "STRING", "integer": "INTEGER", "number": "FLOAT", "object": "JSON"}
FIRST, *LATER = versions().values()


def column_of(version: Version, name: str) -> tuple[str, str]:
    """The BigQuery type and mode that store one property of the event."""
    [json_type] = version.types(name)
    required = version is FIRST and name in version.required | ASSIGNED_WHEN_ABSENT
    column_type = "TIMESTAMP" if name == "timestamp" else COLUMN_TYPES[json_type]
    return column_type, "REQUIRED" if required else "NULLABLE"


def test_the_events_table_has_a_column_per_field_and_new_ones_are_the_last() -> None:
    expected = {name: column_of(FIRST, name) for name in FIRST.properties} | FROM_THE_MESSAGE
    for version in LATER:
        for name in version.properties.keys() - expected:
            expected[name] = column_of(version, name)
    columns = {each["name"]: (each["type"], each["mode"]) for each in table_schema("events")}
    assert list(columns.items()) == list(expected.items())


@pytest.mark.parametrize("version", versions().values(), ids=lambda version: version.number)
def test_only_optional_fields_may_be_null(version: Version) -> None:
    nullable = {name for name, each in version.properties.items() if "null" in each["type"]}
    assert nullable == version.properties.keys() - version.required - ASSIGNED_WHEN_ABSENT


def test_every_table_has_a_name_its_columns_and_a_layout() -> None:
    files = {path.name.removesuffix(".table.json") for path in SCHEMAS.glob("*.table.json")}
    assert set(TABLES) == files == json.loads((SCHEMAS / "tables.json").read_text()).keys()


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_laid_out_by_columns_that_it_has(table: str) -> None:
    columns = {each["name"]: each["type"] for each in table_schema(table)}
    found = layout(table)
    assert columns[found.partition] == "TIMESTAMP"
    assert set(found.clustering) <= columns.keys()


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
