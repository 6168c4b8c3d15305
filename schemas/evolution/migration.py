"""Bring a dataset up to the accepted versions: `python -m schemas plan` and `apply`.

What is missing is made. A table that is there only ever gains nullable columns at the end, which
BigQuery adds in place and beside a running pipeline:
https://cloud.google.com/bigquery/docs/managing-table-schemas
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from google.api_core.exceptions import Conflict, Forbidden, NotFound, PreconditionFailed
from google.cloud import bigquery

from flex_template.bigquery.client import connect
from flex_template.bigquery.table_name import TableName
from schemas.evolution import statements
from schemas.evolution.differences import DAY_MILLISECONDS, differences, faults
from schemas.evolution.found import Found, lines
from schemas.evolution.statements import Field
from schemas.evolution.write_api import wait_for_columns
from schemas.tables import TABLES, Layout, layout, table_schema

ORDER = "roll out: tables, pipeline, edge, client; roll back in reverse, and keep the columns"
ExpirationDays = dict[str, int]


class Step(NamedTuple):
    """One change: what it changes, its statement, and how it is carried out."""

    target: str
    statement: str
    carry_out: Callable[[bigquery.Client], object]


class Plan(NamedTuple):
    """What was found of each table; and what is to be changed, in order."""

    events_table: str
    found: list[Found]
    added_to_events: set[str]
    steps: list[Step]


def summary(plan: Plan) -> str:
    """The plan for people: what is there, its statements, and the order of the roll-out."""
    changes = [f"{step.statement};" for step in plan.steps]
    return "\n\n".join(["\n".join(lines(plan.found)), *changes, ORDER])


def migrate(
    events_table: str, *, execute: bool, expiration_days: ExpirationDays | None = None
) -> str:
    """Say what the dataset of a table of events lacks and, with `execute`, add it.

    Returns the plan for people. `expiration_days`, by one of `TABLES`, is for the tables that it
    makes; otherwise it is what `tables.json` says.

    Raises:
        SystemExit: it cannot be done, or not at once; the message says why.
    """
    with connect(events_table) as client:
        plan = make_plan(client, events_table, expiration_days)
        if execute:
            apply(client, plan)
        return summary(plan)


def found(events_table: str, expiration_days: ExpirationDays | None = None) -> list[Found]:
    """What a program asks for instead of the plan: nothing if there is no dataset.

    Raises:
        SystemExit: it cannot be read; the message says why.
    """
    with connect(events_table) as client:
        if not _has_dataset(client, TableName.parse(events_table)):
            return []
        return make_plan(client, events_table, expiration_days).found


def make_plan(
    client: bigquery.Client, events_table: str, expiration_days: ExpirationDays | None = None
) -> Plan:
    """Compare the tables with the columns of the accepted versions.

    Raises:
        SystemExit: they cannot be read, or one is no table to which the columns can be added.
    """
    name = TableName.parse(events_table)
    plan = Plan(str(name), [], set(), [])
    if not _has_dataset(client, name):
        dataset = f"{name.project}.{name.dataset}"
        sys.exit(f"dataset {dataset} does not exist; deploy/setup.sh creates it")
    for kind in TABLES:
        days = (expiration_days or {}).get(kind, layout(kind).expiration_days)
        _plan_table(client, plan, kind, str(name if kind == "events" else name.beside(kind)), days)
    for view, statement in statements.views(plan.events_table):
        plan.steps.append(Step(view, statement, partial(_run, statement)))
    return plan


def _has_dataset(client: bigquery.Client, name: TableName) -> bool:
    dataset = f"{name.project}.{name.dataset}"
    try:
        client.get_dataset(dataset)
    except NotFound:
        return False
    except Forbidden:
        sys.exit(f"no permission to read dataset {dataset}; nothing was changed")
    return True


def _plan_table(
    client: bigquery.Client, plan: Plan, kind: str, name: str, expiration_days: int
) -> None:
    try:
        table = client.get_table(name)
    except NotFound:
        plan.found.append(Found(name, exists=False))
        plan.steps.append(_creation(kind, name, expiration_days))
        return
    except Forbidden:
        sys.exit(f"no permission to read table {name}; nothing was changed")
    present = {field.name: field for field in table.schema}
    if reasons := list(faults(present, table_schema(kind))):
        sys.exit("\n".join([f"table {name} is another; nothing was changed", *reasons]))
    missing = [field for field in table_schema(kind) if field["name"] not in present]
    names = [field["name"] for field in missing]
    columns = {field["name"] for field in table_schema(kind)}
    stored = layout(kind)._replace(expiration_days=expiration_days)
    differs = list(differences(table, columns, stored))
    plan.found.append(Found(name, exists=True, lacks=names, differs=differs))
    if missing:
        plan.steps.append(_extension(table, missing))
    if kind == "events":
        plan.added_to_events.update(names)


def _creation(kind: str, name: str, expiration_days: int) -> Step:
    stored = layout(kind)._replace(expiration_days=expiration_days)
    statement = statements.create_table(name, table_schema(kind), stored)
    table = new_table(kind, name, stored)
    return Step(name, statement, lambda client: client.create_table(table))


def new_table(kind: str, name: str, stored: Layout) -> bigquery.Table:
    """One of `TABLES` as it is made, for the client library."""
    fields = [bigquery.SchemaField.from_api_repr(field) for field in table_schema(kind)]
    table = bigquery.Table(name, schema=fields)
    table.description = stored.description
    table.clustering_fields = stored.clustering
    table.time_partitioning = bigquery.TimePartitioning(
        field=stored.partition, expiration_ms=stored.expiration_days * DAY_MILLISECONDS
    )
    return table


def _extension(table: bigquery.Table, missing: list[Field]) -> Step:
    name = str(table.reference)
    table.schema = [*table.schema, *map(bigquery.SchemaField.from_api_repr, missing)]

    def carry_out(client: bigquery.Client) -> None:
        # By the REST method that the statement stands for: it carries the table's etag, and so
        # changes nothing if somebody else has changed the table since it was read.
        client.update_table(table, ["schema"])

    return Step(name, statements.add_columns(name, missing), carry_out)


def _run(statement: str, client: bigquery.Client) -> None:
    client.query(statement).result()


def apply(client: bigquery.Client, plan: Plan) -> None:
    """Carry out the steps, and wait until rows of events may hold the new columns.

    Raises:
        SystemExit: it is not permitted, somebody else changes a table, or it takes too long; the
            message says what was found, and what was changed by then.
    """
    changed: list[str] = []
    for step in plan.steps:
        try:
            step.carry_out(client)
        except Forbidden as error:
            reason = error.message.partition("\n")[0]  # a job's location and id follow
            _stop(plan, f"no permission to change {step.target}: {reason}", changed)
        except (PreconditionFailed, Conflict):
            _stop(plan, f"somebody else changed {step.target}: run it again", changed)
        changed.append(step.target)
    if plan.added_to_events:
        wait_for_columns(plan.events_table, plan.added_to_events)


def _stop(plan: Plan, fault: str, changed: list[str]) -> None:
    changes = f"changed: {', '.join(changed)}" if changed else "nothing was changed"
    sys.exit("\n".join([*lines(plan.found), fault, changes]))
