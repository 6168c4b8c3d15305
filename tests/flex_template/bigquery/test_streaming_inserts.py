"""`--write_method=STREAMING_INSERTS`: Beam's own sink behind the same contract."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import orjson
import pytest

from local.bigquery.rest_server import BigQueryRestServer
from local.bigquery.write_server import BigQueryWriteServer
from tests.flex_template.command import Ended, run_main
from tests.flex_template.runs import DEAD_LETTERS_TABLE, EVENT, EVENTS_TABLE

EVENTS = 150
OTHERS = [b"{oops", b"\xff", orjson.dumps(EVENT | {"confidence": 2})]


@pytest.fixture
def rest() -> Iterator[BigQueryRestServer]:
    with BigQueryRestServer() as server:
        yield server


def line(number: int, **changes: object) -> bytes:
    return orjson.dumps(EVENT | {"user_id": f"user-{number}"} | changes)


def run(lines: list[bytes], rest: BigQueryRestServer, folder: Path) -> Ended:
    file = folder / "lines.jsonl"
    file.write_bytes(b"\n".join(lines))
    return run_main(
        f"--input_files={file}",
        f"--events_table={EVENTS_TABLE}",
        f"--dead_letter_table={DEAD_LETTERS_TABLE}",
        "--max_event_age_days=3650",
        "--write_method=STREAMING_INSERTS",
        environment={
            "BIGQUERY_EMULATOR_HOST": rest.url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(rest.credentials(folder / "key.json")),
            "NO_GCE_CHECK": "true",
        },
    )


def test_rows_are_inserted_and_failures_become_the_same_dead_letters(
    bigquery: BigQueryWriteServer, rest: BigQueryRestServer, tmp_path: Path
) -> None:
    rest.refused = lambda row: "no such partition" if row["user_id"] == "user-7" else None
    ended = run([*map(line, range(EVENTS)), *OTHERS], rest, tmp_path)
    assert ended.returncode == 0, ended.stderr
    users = {row["user_id"] for row in rest.rows}
    assert users == {f"user-{n}" for n in range(EVENTS)} - {"user-7"}
    assert len(rest.rows) == EVENTS - 1
    letters = {row["payload"]: row for row in bigquery.rows["dead_letters"]}
    assert {data: row["error_code"] for data, row in letters.items()} == {
        OTHERS[0]: "malformed_json",
        OTHERS[1]: "not_utf8",
        OTHERS[2]: "out_of_range",
        line(7): "row_refused",
    }
    assert letters[line(7)]["error_message"] == "no such partition"
    assert len(bigquery.rows["dead_letters"]) == len(letters)


def test_values_arrive_as_bigquery_takes_them(
    rest: BigQueryRestServer, tmp_path: Path, bigquery: BigQueryWriteServer
) -> None:
    ended = run([line(1)], rest, tmp_path)
    assert ended.returncode == 0, ended.stderr
    (row,) = rest.rows
    assert row["timestamp"] == "2026-11-01T11:00:00.123456Z"
    assert json.loads(row["event_details"]) == EVENT["event_details"]
    assert (row["confidence"], row["received_at"]) == (0.87, None)
    assert bigquery.rows == {}


def test_a_passing_fault_is_retried(
    rest: BigQueryRestServer, tmp_path: Path, bigquery: BigQueryWriteServer
) -> None:
    rest.broken = [HTTPStatus.SERVICE_UNAVAILABLE]
    ended = run([line(1)], rest, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert [row["user_id"] for row in rest.rows] == ["user-1"]
    assert bigquery.rows == {}


def test_a_fault_of_the_whole_table_fails_loudly_and_dead_letters_nothing(
    rest: BigQueryRestServer, tmp_path: Path, bigquery: BigQueryWriteServer
) -> None:
    rest.broken = [HTTPStatus.FORBIDDEN] * 100
    ended = run([line(1)], rest, tmp_path)
    assert ended.returncode != 0
    assert "AppendError: BigQuery takes no rows: " in ended.stderr
    assert bigquery.rows == {}


def test_a_row_too_large_for_the_older_api_is_a_dead_letter(
    rest: BigQueryRestServer, tmp_path: Path, bigquery: BigQueryWriteServer
) -> None:
    wide = line(1) + b" " * 9_000_000
    ended = run([wide, line(2)], rest, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert [row["user_id"] for row in rest.rows] == ["user-2"]
    (letter,) = bigquery.rows["dead_letters"]
    assert (letter["error_code"], letter["payload"]) == ("row_refused", wide)
    assert "exceeds the maximum insert payload size" in letter["error_message"]
