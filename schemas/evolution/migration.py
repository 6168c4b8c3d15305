"""Bring a dataset up to the accepted versions: `python -m schemas plan` and `apply`.

What is missing is made. A table that is there only ever gains nullable columns at the end, which
BigQuery adds in place and beside a running pipeline:
https://cloud.google.com/bigquery/docs/managing-table-schemas
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from google.api_core.exceptions import Conflict, Forbidden, NotFound, PreconditionFailed, RetryError
from google.cloud import bigquery

from flex_template.bigquery.client import FIRST_LOOK, PATIENCE, PATIENCE_SECONDS, connect, run_query
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
    steps: list[Step]

    @property
    def added_to_events(self) -> set[str]:
        """Columns that the table of events exists without."""
        return {
            name for each in self.found if each.table == self.events_table for name in each.lacks
        }


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
        SystemExit: they cannot be read, or one is not a table to which the columns can be added.
    """
    name = TableName.parse(events_table)
    if not _has_dataset(client, name):
        sys.exit(f"dataset {name.full_dataset} does not exist; deploy/setup.sh creates it")
    found: list[Found] = []
    steps: list[Step] = []
    for table in TABLES:
        days = (expiration_days or {}).get(table, layout(table).expiration_days)
        stored = layout(table)._replace(expiration_days=days)
        full_name = str(name if table == "events" else name.beside(table))
        state, step = _plan_table(client, table, full_name, stored)
        found.append(state)
        steps += [step] if step else []
    steps += [
        Step(view, statement, partial(_run, statement))
        for view, statement in statements.views(str(name))
    ]
    return Plan(str(name), found, steps)


def _has_dataset(client: bigquery.Client, name: TableName) -> bool:
    try:
        client.get_dataset(name.full_dataset, retry=FIRST_LOOK, timeout=PATIENCE_SECONDS)
    except NotFound:
        return False
    except Forbidden:
        sys.exit(f"no permission to read dataset {name.full_dataset}; nothing was changed")
    except RetryError:
        sys.exit(f"BigQuery does not answer for dataset {name.full_dataset}; nothing was changed")
    return True


def _plan_table(
    client: bigquery.Client, table: str, full_name: str, stored: Layout
) -> tuple[Found, Step | None]:
    """What there is of `table`, one of `TABLES`, and what would make or complete it."""
    try:
        existing = client.get_table(full_name, retry=PATIENCE)
    except NotFound:
        return Found(full_name, exists=False), _creation(table, full_name, stored)
    except Forbidden:
        sys.exit(f"no permission to read table {full_name}; nothing was changed")
    present = {field.name: field for field in existing.schema}
    if reasons := list(faults(present, table_schema(table))):
        sys.exit(
            "\n".join([f"table {full_name} is not one of ours; nothing was changed", *reasons])
        )
    missing = [field for field in table_schema(table) if field["name"] not in present]
    lacks = [field["name"] for field in missing]
    columns = {field["name"] for field in table_schema(table)}
    differs = list(differences(existing, columns, stored))
    found = Found(full_name, exists=True, lacks=lacks, differs=differs)
    return found, _extension(existing, missing) if missing else None


def _creation(table: str, full_name: str, stored: Layout) -> Step:
    statement = statements.create_table(full_name, table_schema(table), stored)
    wanted = new_table(table, full_name, stored)
    return Step(full_name, statement, lambda client: client.create_table(wanted, retry=PATIENCE))


def new_table(table: str, full_name: str, stored: Layout) -> bigquery.Table:
    """`table`, one of `TABLES`, as it is made, for the client library."""
    fields = [bigquery.SchemaField.from_api_repr(field) for field in table_schema(table)]
    result = bigquery.Table(full_name, schema=fields)
    result.description = stored.description
    result.clustering_fields = stored.clustering
    result.time_partitioning = bigquery.TimePartitioning(
        field=stored.partition, expiration_ms=stored.expiration_days * DAY_MILLISECONDS
    )
    return result


def _extension(existing: bigquery.Table, missing: list[Field]) -> Step:
    full_name = str(existing.reference)

    def carry_out(client: bigquery.Client) -> None:
        existing.schema = [
            *existing.schema,
            *map(bigquery.SchemaField.from_api_repr, missing),
        ]
        # By the REST method that the statement stands for: it carries the table's etag, and so
        # changes nothing if somebody else has changed the table since it was read.
        client.update_table(existing, ["schema"], retry=PATIENCE)

    return Step(full_name, statements.add_columns(full_name, missing), carry_out)


def _run(statement: str, client: bigquery.Client) -> None:
    run_query(client, statement)


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
        except RetryError:
            fault = f"BigQuery does not answer for {step.target}: run it again"
            _stop(plan, fault, [*changed, f"perhaps {step.target}"])
        changed.append(step.target)
    if plan.added_to_events:
        wait_for_columns(plan.events_table, plan.added_to_events)


def _stop(plan: Plan, fault: str, changed: list[str]) -> None:
    changes = f"changed: {', '.join(changed)}" if changed else "nothing was changed"
    sys.exit("\n".join([*lines(plan.found), fault, changes]))
