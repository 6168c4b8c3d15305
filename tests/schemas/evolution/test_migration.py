"""`plan` says what a dataset lacks; `apply` adds it, once, and nothing else."""

import json
import os
import re
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery
from werkzeug import Request, Response

from flex_template.bigquery.client import PATIENCE
from flex_template.steps import convert_event
from schemas import TABLES, Event, event_columns, layout, table_schema
from schemas.__main__ import main
from schemas.evolution import migration
from schemas.reports import REPORTS
from tests.flex_template.runs import message
from tests.http_server import serve
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
    warehouse: Warehouse, earlier: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["plan", f"--events_table={earlier}"])
    said = capsys.readouterr().out
    assert said.startswith(f"{earlier} lacks {', '.join(NEW)}\n")
    assert f"\n\nALTER TABLE `{earlier}`\n" in said
    assert said.count("ALTER TABLE") == 1
    assert "ADD COLUMN session_id STRING OPTIONS(description=" in said
    assert "roll out: tables, pipeline, edge, client; roll back in reverse" in said
    assert not set(NEW) & set(columns(warehouse, earlier))


def test_a_program_is_told_what_was_found_without_words(
    warehouse: Warehouse, earlier: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["plan", "--json", f"--events_table={earlier}"])
    events, *others = json.loads(capsys.readouterr().out)
    assert (events["table"], events["exists"], events["lacks"]) == (earlier, True, NEW)
    assert events["differs"]
    assert [one["exists"] for one in others] == [True, True]
    main(["plan", "--json", f"--events_table={warehouse.dataset}_without.events"])
    assert json.loads(capsys.readouterr().out) == []


def test_apply_adds_the_columns_last_and_is_repeatable(warehouse: Warehouse, earlier: str) -> None:
    ended = command("apply", earlier)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert migration.migrate(earlier, execute=True).startswith(f"{earlier} has every column\n")
    assert columns(warehouse, earlier) == [column.name for column in event_columns()]


def test_apply_makes_what_a_new_dataset_lacks_as_the_files_say(warehouse: Warehouse) -> None:
    dataset = f"{warehouse.dataset}_new"
    warehouse.client.create_dataset(dataset)
    before = migration.migrate(f"{dataset}.events", execute=False)
    assert before.startswith(f"{dataset}.events does not exist\n{dataset}.dead_letters does not ")
    assert list(warehouse.client.list_tables(dataset)) == []
    migration.migrate(f"{dataset}.events", execute=True, expiration_days={"events": 30})
    made = {each.table_id: each.table_type for each in warehouse.client.list_tables(dataset)}
    assert made == dict.fromkeys(TABLES, "TABLE") | dict.fromkeys(
        ["events_deduplicated", *REPORTS], "VIEW"
    )
    for kind in TABLES:
        table, stored = warehouse.client.get_table(f"{dataset}.{kind}"), layout(kind)
        assert [field.name for field in table.schema] == [f["name"] for f in table_schema(kind)]
        assert table.time_partitioning.field == stored.partition
        assert table.clustering_fields == stored.clustering
        days = 30 if kind == "events" else stored.expiration_days
        assert table.time_partitioning.expiration_ms == days * 86_400_000
    again = migration.migrate(f"{dataset}.events", execute=True)
    assert again.startswith(
        f"{dataset}.events has every column\n"
        f"{dataset}.events differs: partitions expire after 30 days, the settings say 730\n"
        f"{dataset}.dead_letters has every column\n"
    )


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (HTTPStatus.FORBIDDEN, "no permission to change aegis-test.aegis.events: .*Not yours"),
        (
            HTTPStatus.PRECONDITION_FAILED,
            "somebody else changed aegis-test.aegis.events: run it again",
        ),
    ],
)
def test_a_change_that_is_not_let_through_says_what_it_found_and_leaves_the_rest(
    monkeypatch: pytest.MonkeyPatch, status: HTTPStatus, fault: str
) -> None:
    changes: list[tuple[str, str]] = []

    def answer(request: Request) -> Response:
        if request.method == "GET":
            return json_response(description_of(request.path))
        changes.append((request.method, request.headers["If-Match"]))
        return json_response({"error": {"code": status, "message": "Not yours"}}, status)

    with serve(answer) as url:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", url)
        with pytest.raises(SystemExit) as exit_:
            migration.migrate("aegis-test.aegis.events", execute=True)
    *found, said, changed = str(exit_.value).splitlines()
    assert found == [
        f"aegis-test.aegis.events lacks {', '.join(NEW)}",
        "aegis-test.aegis.dead_letters has every column",
        "aegis-test.aegis.replays has every column",
    ]
    assert re.fullmatch(fault, said)
    assert changed == "nothing was changed"
    assert changes == [("PATCH", "as-read")]


def test_a_change_without_an_answer_says_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: Request) -> Response:
        if request.method == "GET":
            return json_response(description_of(request.path))
        return json_response({}, HTTPStatus.SERVICE_UNAVAILABLE)

    monkeypatch.setattr("schemas.evolution.migration.PATIENCE", PATIENCE.with_timeout(0.01))
    with serve(answer) as url:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", url)
        with pytest.raises(SystemExit) as exit_:
            migration.migrate("aegis-test.aegis.events", execute=True)
    *_, said, changed = str(exit_.value).splitlines()
    assert said == "BigQuery does not answer for aegis-test.aegis.events: run it again"
    assert changed == "changed: perhaps aegis-test.aegis.events"


def test_a_change_that_stops_halfway_says_how_far_it_went(monkeypatch: pytest.MonkeyPatch) -> None:
    """The columns may be added, but the views may not be renewed."""
    refusal = {"error": {"code": HTTPStatus.FORBIDDEN, "message": "Not yours"}}

    def answer(request: Request) -> Response:
        if request.method == "POST":
            return json_response(refusal, HTTPStatus.FORBIDDEN)
        return json_response(description_of(request.path))

    with serve(answer) as url:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", url)
        with pytest.raises(SystemExit) as exit_:
            migration.migrate("aegis-test.aegis.events", execute=True)
    *_, said, changed = str(exit_.value).splitlines()
    assert said.startswith("no permission to change aegis-test.aegis.events_deduplicated: ")
    assert changed == "changed: aegis-test.aegis.events"


def description_of(path: str) -> dict[str, Any]:
    """What BigQuery's `datasets.get` and `tables.get` answer before the new columns are there."""
    project, dataset, *table = path.split("/")[-1 - 2 * ("/tables/" in path) - 2 :: 2]
    reference = {"projectId": project, "datasetId": dataset}
    if not table:
        return {"datasetReference": reference}
    fields = [field for field in table_schema(table[0]) if field["name"] not in NEW]
    reference["tableId"] = table[0]
    stored = layout(table[0])
    milliseconds = str(stored.expiration_days * 86_400_000)
    return {
        "tableReference": reference,
        "etag": "as-read",
        "schema": {"fields": fields},
        "timePartitioning": {"field": stored.partition, "expirationMs": milliseconds},
        "clustering": {"fields": stored.clustering},
    }


def json_response(body: Any, status: int = HTTPStatus.OK) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def test_a_dataset_that_may_not_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = {"error": {"code": HTTPStatus.FORBIDDEN, "message": "Not yours"}}
    message = "^no permission to read dataset aegis-test.aegis; nothing was changed$"
    with serve(lambda _: json_response(refusal, HTTPStatus.FORBIDDEN)) as url:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", url)
        with pytest.raises(SystemExit, match=message):
            migration.migrate("aegis-test.aegis.events", execute=True)


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
    assert lines[0] == f"table {table} is not one of ours; nothing was changed"
    assert any(line.startswith(f"  {fault}") for line in lines)
    assert columns(warehouse, table) == [field["name"] for field in fields]


def test_a_dataset_that_is_not_there_is_one_line(warehouse: Warehouse) -> None:
    message = "^dataset aegis-test.nothing does not exist; deploy/setup.sh creates it$"
    with pytest.raises(SystemExit, match=message):
        migration.make_plan(warehouse.client, "aegis-test.nothing.events")


@pytest.mark.parametrize("name", ["events", "example.com:my-project:aegis.events"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_name_that_is_no_tables_is_one_line(command: str, name: str) -> None:
    with pytest.raises(SystemExit, match=rf"^--events_table: '{name}' is .+$"):
        main([command, f"--events_table={name}"])


def test_events_between_holds_each_event_of_its_time_once(warehouse: Warehouse) -> None:
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
    warehouse.add_views()
    sql = (
        f"SELECT event_id FROM `{warehouse.dataset}.events_between`"  # noqa: S608 - our own names
        f"(TIMESTAMP_MICROS({start + day}), TIMESTAMP_MICROS({start + 2 * day})) ORDER BY event_id"
    )
    assert [row[0] for row in warehouse.client.query(sql).result()] == ["event-1"]


REQUIRED = {"user_id": "u", "signal_type": "s", "source_platform": "p"}
