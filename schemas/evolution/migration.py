"""Bring a table of events up to the accepted versions: `python -m schemas plan` and `apply`.

A change is only ever an addition of nullable columns at the end, which BigQuery makes in place and
beside a running pipeline: https://cloud.google.com/bigquery/docs/managing-table-schemas
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from google.api_core.exceptions import Forbidden, GoogleAPICallError, NotFound, PreconditionFailed
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient
from google.cloud.bigquery_storage_v1.types import GetWriteStreamRequest, WriteStreamView

from flex_template.bigquery.client import connect
from flex_template.bigquery.group_commit import append_stream
from flex_template.bigquery.table_name import TableName
from schemas.tables import Column, deduplicated_view, event_columns, events_between

ORDER = "roll out: tables, pipeline, edge, client; roll back in reverse, and keep the columns"
# "Use the Storage Write API with schema updates": the change is seen after minutes.
_PATIENCE_SECONDS = 600.0
_PAUSE_SECONDS = 2.0
_SQL_TYPES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}


class Plan(NamedTuple):
    """What a table lacks, and what the views over it should be."""

    table: bigquery.Table
    missing: list[Column]

    def statements(self) -> Iterator[str]:
        """In GoogleSQL, in order."""
        name = str(self.table.reference)
        if self.missing:
            added = ",\n  ".join(f"ADD COLUMN {_definition(column)}" for column in self.missing)
            yield f"ALTER TABLE `{name}`\n  {added}"
        yield from view_statements(name)


def summary(plan: Plan) -> str:
    """The plan for people: its statements, and the order of the roll-out."""
    name = str(plan.table.reference)
    columns = ", ".join(column.name for column in plan.missing)
    head = f"{name} lacks {columns}" if columns else f"{name} has every column"
    return "\n\n".join([head, *(f"{each};" for each in plan.statements()), ORDER])


def view_statements(events_table: str) -> Iterator[str]:
    """What makes, or renews, the view and the table function beside a table of events.

    A view's `SELECT *` stands for the columns that the table had when the view was made.
    """
    dataset = events_table.rpartition(".")[0]
    yield (
        f"CREATE OR REPLACE VIEW `{events_table}_deduplicated` AS\n"
        f"{deduplicated_view(events_table)}"
    )
    yield (
        f"CREATE OR REPLACE TABLE FUNCTION `{dataset}.events_between`"
        f"(since TIMESTAMP, until TIMESTAMP) AS (\n{events_between(events_table)})"
    )


def migrate(events_table: str, *, execute: bool) -> str:
    """Say what the table lacks and, with `execute`, add it; returns the plan for people.

    Raises:
        SystemExit: it cannot be done, or not at once; the message says why.
    """
    with connect(events_table) as client:
        plan = make_plan(client, events_table)
        if execute:
            apply(client, plan)
        return summary(plan)


def make_plan(client: bigquery.Client, events_table: str) -> Plan:
    """Compare the table with the columns of the accepted versions.

    Raises:
        SystemExit: it cannot be read, or it is not one to which the columns can be added.
    """
    try:
        table = client.get_table(events_table)
    except NotFound:
        sys.exit(f"table {events_table} does not exist; deploy/setup.sh creates it")
    except Forbidden:
        sys.exit(f"no permission to read table {events_table}; nothing was changed")
    found = {field.name: field for field in table.schema}
    faults = list(_faults(found))
    if faults:
        sys.exit("\n".join([f"table {events_table} is another; nothing was changed", *faults]))
    return Plan(table, [column for column in event_columns() if column.name not in found])


def _faults(found: dict[str, bigquery.SchemaField]) -> Iterator[str]:
    """Why the table cannot become one of our events; columns of others may stay, if nullable."""
    wanted = {column.name: column for column in event_columns()}
    for name, column in wanted.items():
        if name not in found:
            if column.mode == "REQUIRED":
                yield f"  {name} is missing: a REQUIRED column cannot be added"
        elif found[name].field_type not in (column.type, _SQL_TYPES.get(column.type)):
            yield f"  {name} is {found[name].field_type}, not {column.type}"
    for name, field in found.items():
        if name not in wanted and field.mode == "REQUIRED":
            yield f"  {name} is REQUIRED, and no version has it"


def apply(client: bigquery.Client, plan: Plan) -> None:
    """Add the columns in one step, renew the views, and wait until rows may hold the columns.

    Raises:
        SystemExit: it is not permitted, somebody else changes the table, or it takes too long.
    """
    try:
        if plan.missing:
            added = [bigquery.SchemaField.from_api_repr(each.field()) for each in plan.missing]
            plan.table.schema = [*plan.table.schema, *added]
            # By the REST method that the statement stands for: it carries the table's etag, and so
            # changes nothing if somebody else has changed the table since it was read.
            client.update_table(plan.table, ["schema"])
        for statement in view_statements(str(plan.table.reference)):
            client.query(statement).result()
    except Forbidden as error:
        sys.exit(f"no permission: {error.message}")
    except PreconditionFailed:
        sys.exit("somebody else changed the table meanwhile: run it again")
    if plan.missing:
        _wait_for_write_api(str(plan.table.reference), {each.name for each in plan.missing})


def _wait_for_write_api(
    events_table: str, names: set[str], clock: Callable[[], float] = time.monotonic
) -> None:
    deadline = clock() + _PATIENCE_SECONDS
    stream = TableName.parse(events_table).default_stream
    client = BigQueryWriteClient(transport=append_stream.connect())
    request = GetWriteStreamRequest(name=stream, view=WriteStreamView.FULL)
    while not names <= _columns_of_stream(client, request):
        if clock() > deadline:
            sys.exit("the columns are there, but the write API does not take them yet: wait")
        time.sleep(_PAUSE_SECONDS)


def _columns_of_stream(client: BigQueryWriteClient, request: GetWriteStreamRequest) -> set[str]:
    try:
        stream = client.get_write_stream(request, timeout=30)
    except GoogleAPICallError as error:
        sys.exit(f"the columns are there, but the write API does not answer: {error.message}")
    return {field.name for field in stream.table_schema.fields}


def _definition(column: Column) -> str:
    sql_type = _SQL_TYPES.get(column.type, column.type)
    # A GoogleSQL string in double quotes has JSON's escapes.
    return f'{column.name} {sql_type} OPTIONS(description="{_escaped(column.description)}")'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
