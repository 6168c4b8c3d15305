"""`plan` says what a table of an earlier release lacks, `apply` adds it, once, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery

from flex_template.steps import convert_event
from schemas import Event, event_columns
from schemas.evolution import migration
from tests.flex_template.runs import message
from tests.warehouse import Warehouse

ROOT = Path(__file__).parents[3]
NEW = [column.name for column in event_columns() if column.since > 1]


def command(name: str, table: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "schemas", name, f"--events_table={table}"]
    return subprocess.run(
        line, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False
    )


def columns(warehouse: Warehouse, table: str) -> list[str]:
    return [field.name for field in warehouse.client.get_table(table).schema]


def make_table(warehouse: Warehouse, fields: list[dict[str, str]]) -> str:
    name = f"{warehouse.dataset}.earlier"
    schema = [bigquery.SchemaField.from_api_repr(field) for field in fields]
    warehouse.client.create_table(bigquery.Table(name, schema=schema))
    return name


@pytest.fixture
def earlier(warehouse: Warehouse) -> str:
    """A table as version 1 had it."""
    return make_table(warehouse, [each.field() for each in event_columns() if each.since == 1])


def test_the_plan_is_one_statement_for_all_columns_and_changes_nothing(
    warehouse: Warehouse, earlier: str
) -> None:
    ended = command("plan", earlier)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"{earlier} lacks {', '.join(NEW)}\n\nALTER TABLE `{earlier}`\n")
    assert ended.stdout.count("ALTER TABLE") == 1
    assert "ADD COLUMN session_id STRING OPTIONS(description=" in ended.stdout
    assert "roll out: tables, pipeline, edge, client; roll back in reverse" in ended.stdout
    assert not set(NEW) & set(columns(warehouse, earlier))


def test_apply_adds_the_columns_last_and_is_repeatable(warehouse: Warehouse, earlier: str) -> None:
    for _ in range(2):
        ended = command("apply", earlier)
        assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"{earlier} has every column\n")
    assert columns(warehouse, earlier) == [column.name for column in event_columns()]


def test_the_commands_of_the_image_need_no_tool_of_developers() -> None:
    imports = "import sys, schemas.__main__, schemas.evolution.migration"
    code = f"{imports}; print('hypothesis' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "False\n"


def test_a_column_of_ones_own_is_left_as_it_is(warehouse: Warehouse) -> None:
    own = {"name": "own", "type": "STRING", "mode": "NULLABLE"}
    table = make_table(warehouse, [*(each.field() for each in event_columns()[:-1]), own])
    migration.apply(warehouse.client, migration.make_plan(warehouse.client, table))
    assert columns(warehouse, table)[-2:] == ["own", event_columns()[-1].name]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ([{"name": "a", "type": "STRING"}], "event_id is missing: a REQUIRED column cannot be"),
        ([{"name": "event_id", "type": "INTEGER"}], "event_id is INTEGER, not STRING"),
        (
            [{"name": "a", "type": "STRING", "mode": "REQUIRED"}],
            "a is REQUIRED, and no version has it",
        ),
    ],
)
def test_another_table_is_described_and_left_alone(
    warehouse: Warehouse, fields: list[dict[str, str]], fault: str
) -> None:
    table = make_table(warehouse, fields)
    with pytest.raises(SystemExit) as exit_:
        migration.make_plan(warehouse.client, table)
    lines = str(exit_.value).splitlines()
    assert lines[0] == f"table {table} is another; nothing was changed"
    assert any(line.startswith(f"  {fault}") for line in lines)
    assert columns(warehouse, table) == [field["name"] for field in fields]


def test_a_table_that_is_not_there_is_one_line(warehouse: Warehouse) -> None:
    table = f"{warehouse.dataset}.nothing"
    with pytest.raises(SystemExit, match=f"^table {table} does not exist; deploy/setup.sh cre"):
        migration.make_plan(warehouse.client, table)


def row(number: int, copy: str, timestamp: int) -> tuple[Any, ...]:
    event = Event({"event_id": f"event-{number}", **REQUIRED}, timestamp, None)
    return convert_event(message(b"", message_id=f"{number}{copy}"), event)


def test_events_between_holds_each_event_of_its_time_once(warehouse: Warehouse) -> None:
    for statement in migration.view_statements(warehouse.events):
        warehouse.client.query(statement).result()
    day = 86_400_000_000
    start = 1_790_000_000_000_000
    rows = [
        convert_event(
            message(b"", message_id=str(number)),
            Event(
                {"event_id": f"event-{number // 2}", **REQUIRED}, start + number // 2 * day, None
            ),
        )
        for number in range(6)
    ]
    warehouse.append("events", rows)
    sql = (
        f"SELECT event_id FROM `{warehouse.dataset}.events_between`"  # noqa: S608 - our own names
        f"(TIMESTAMP_MICROS({start + day}), TIMESTAMP_MICROS({start + 2 * day})) ORDER BY event_id"
    )
    assert [row[0] for row in warehouse.client.query(sql).result()] == ["event-1"]


REQUIRED = {"user_id": "u", "signal_type": "s", "source_platform": "p"}
