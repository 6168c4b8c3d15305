"""The BigQuery tables: their columns, and how each is laid out.

The columns of `events` follow from the versions of the event schema and from what a message adds
(`message.columns.json`); those of the other tables stand in `<table>.table.json`.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from schemas.event_versions import Version, versions

# In the order in which a new dataset gets them.
TABLES = ("events", "dead_letters", "replays")
# The edge gives an event its id, and the pipeline an event that bypassed the edge.
_ASSIGNED_WHEN_ABSENT = {"event_id", "schema_version"}
_PACKAGE = files("schemas")


class Column(NamedTuple):
    """A column of `events`, and the version of the event schema that it came with."""

    since: int
    name: str
    type: str
    mode: str
    description: str

    def field(self) -> dict[str, Any]:
        """In BigQuery's REST form (`TableFieldSchema`)."""
        return {key: value for key, value in self._asdict().items() if key != "since"}


class Layout(NamedTuple):
    """How a table is stored: partitioned by day of a column, clustered, for how many days."""

    description: str
    partition: str
    clustering: list[str]
    expiration_days: int


@cache
def event_columns() -> tuple[Column, ...]:
    """The columns of `events` in order of first appearance: a new one is always the last."""
    return tuple(columns_of(versions().values()))


def columns_of(ordered: Iterable[Version]) -> Iterator[Column]:
    """The columns that store these versions, which begin with the first."""
    message_columns = [Column(**each) for each in _read("message.columns.json")]
    seen: set[str] = set()
    for version in ordered:
        for name in version.properties:
            if name not in seen:
                yield _column(version, name)
        yield from (column for column in message_columns if column.since == version.number)
        seen.update(version.properties)


def _column(version: Version, name: str) -> Column:
    # BigQuery adds only nullable columns to a table that has rows.
    required = version.number == 1 and name in version.required | _ASSIGNED_WHEN_ABSENT
    mode = "REQUIRED" if required else "NULLABLE"
    schema = version.properties[name]
    description = f"{schema['x-column']['description']}{_in_words(schema['x-privacy'])}"
    return Column(version.number, name, version.column_type(name), mode, description)


def _in_words(privacy: dict[str, str]) -> str:
    """For who reads the table: what the column says about a person, and how it got there."""
    if privacy["class"] == "technical":
        return ""
    action = "" if privacy["action"] == "keep" else f" ({privacy['action']})"
    return f" {privacy['class'].capitalize()}{action}: {privacy['purpose']}"


def table_schema(table: str) -> list[dict[str, Any]]:
    """The fields of one of `TABLES`, in BigQuery's REST form (`TableFieldSchema`)."""
    if table == "events":
        return [column.field() for column in event_columns()]
    fields: list[dict[str, Any]] = _read(f"{table}.table.json")
    return fields


def layout(table: str) -> Layout:
    """How one of `TABLES` is laid out."""
    return Layout(**_read("tables.json")[table])


def deduplicated_view(events_table: str) -> str:
    """The view over `project.dataset.table`: the first published row of each `event_id`."""
    text = _PACKAGE.joinpath("events_deduplicated.sql").read_text()
    return text.replace("${events_table}", events_table)


def events_between(events_table: str) -> str:
    """The body of the table function over `project.dataset.table`, of `since` and `until`."""
    text = _PACKAGE.joinpath("events_between.sql").read_text()
    return text.replace("${events_table}", events_table)


def _read(name: str) -> Any:
    return json.loads(_PACKAGE.joinpath(name).read_bytes())
