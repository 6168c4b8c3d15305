"""The statements, in GoogleSQL, that make and extend the tables and what is read of them."""

from collections.abc import Iterator
from typing import Any

from flex_template.bigquery.table_name import TableName
from schemas.reports import REPORTS, report_sql
from schemas.tables import Layout, deduplicated_view, events_between

SQL_TYPES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}
Field = dict[str, Any]  # BigQuery's `TableFieldSchema`


def create_table(name: str, fields: list[Field], layout: Layout) -> str:
    columns = ",\n  ".join(map(_definition, fields))
    return (
        f"CREATE TABLE `{name}` (\n  {columns}\n)\n"
        f"PARTITION BY DATE({layout.partition})\n"
        f"CLUSTER BY {', '.join(layout.clustering)}\n"
        f"OPTIONS(description={_quoted(layout.description)}, "
        f"partition_expiration_days={layout.expiration_days})"
    )


def add_columns(name: str, fields: list[Field]) -> str:
    added = ",\n  ".join(f"ADD COLUMN {_definition(field)}" for field in fields)
    return f"ALTER TABLE `{name}`\n  {added}"


def views(events_table: str) -> Iterator[tuple[str, str]]:
    """Name and statement of all that stands beside a table of events; each makes or renews it.

    A view's `SELECT *` stands for the columns that the table had when the view was made.
    """
    table = TableName.parse(events_table)
    deduplicated = f"{table}_deduplicated"
    yield deduplicated, _view(deduplicated, deduplicated_view(str(table)))
    function = str(table.beside("events_between"))
    body = events_between(str(table))
    declaration = f"`{function}`(since TIMESTAMP, until TIMESTAMP)"
    yield function, f"CREATE OR REPLACE TABLE FUNCTION {declaration} AS (\n{body})"
    for report in REPORTS:
        name = str(table.beside(report))
        yield name, _view(name, report_sql(report, deduplicated))


def _view(name: str, query: str) -> str:
    return f"CREATE OR REPLACE VIEW `{name}` AS\n{query}"


def _definition(field: Field) -> str:
    sql_type = SQL_TYPES.get(field["type"], field["type"])
    required = " NOT NULL" if field["mode"] == "REQUIRED" else ""
    return (
        f"{field['name']} {sql_type}{required} OPTIONS(description={_quoted(field['description'])})"
    )


def _quoted(text: str) -> str:
    """A GoogleSQL string: in double quotes it has JSON's escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
