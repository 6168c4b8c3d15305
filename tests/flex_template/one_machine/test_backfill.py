"""Files worked through by several processes: the same rows, and a failure is no success."""

from collections.abc import Callable
from pathlib import Path

import grpc
import orjson
import pytest

from local.bigquery.rest_server import BigQueryRestServer
from local.bigquery.write_server import BigQueryWriteServer, respond
from tests.flex_template.command import Ended, run_main, run_process
from tests.flex_template.runs import DEAD_LETTERS_TABLE, EVENT, EVENTS_TABLE

LINES = 3_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "events.jsonl"
    events = [{**EVENT, "user_id": f"user-{number}"} for number in range(LINES)]
    file.write_bytes(b"\n".join(map(orjson.dumps, events)) + b"\n{\n")
    return file


def backfill(file: Path, run: Callable[..., Ended]) -> Ended:
    with BigQueryRestServer() as rest:
        return run(
            "--processes=2",
            f"--input_files={file}",
            f"--events_table={EVENTS_TABLE}",
            f"--dead_letter_table={DEAD_LETTERS_TABLE}",
            "--max_event_age_days=3650",
            environment={"BIGQUERY_EMULATOR_HOST": rest.url},
        )


def test_several_processes_store_every_line_once(file: Path, bigquery: BigQueryWriteServer) -> None:
    ended = backfill(file, run_process)
    assert ended.returncode == 0, ended.stderr
    users = [row["user_id"] for row in bigquery.rows["events"]]
    assert sorted(users) == sorted(f"user-{number}" for number in range(LINES))
    assert [row["payload"] for row in bigquery.rows["dead_letters"]] == [b"{"]


def test_a_backfill_that_bigquery_refuses_ends_with_an_error(
    file: Path, bigquery: BigQueryWriteServer
) -> None:
    bigquery.faults = [respond(grpc.StatusCode.NOT_FOUND, "no such table")]
    ended = backfill(file, run_main)
    assert ended.returncode != 0
    assert "no such table" in ended.stderr
