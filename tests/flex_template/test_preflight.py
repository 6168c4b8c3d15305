"""What can't work ends the real command with one line that says what to change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.bigquery.rest_server import BigQueryRestServer
from schemas import SchemaFileError
from tests.flex_template.command import run_main, run_process
from tests.flex_template.runs import DEAD_LETTERS_TABLE, EVENTS_TABLE

NOWHERE = "http://127.0.0.1:1"
TABLES = (f"--events_table={EVENTS_TABLE}", f"--dead_letter_table={DEAD_LETTERS_TABLE}")
SUBSCRIPTION = "--input_subscription=projects/aegis-test/subscriptions/events-pipeline"


@pytest.fixture
def rest() -> Iterator[BigQueryRestServer]:
    with BigQueryRestServer() as server:
        yield server


def error_of(*arguments: str, url: str = NOWHERE) -> str:
    """Standard error of a command that fails without a traceback."""
    ended = run_main(*arguments, environment={"BIGQUERY_EMULATOR_HOST": url})
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize("kind", ["events", "dead_letters"])
def test_a_missing_table_is_one_line(rest: BigQueryRestServer, kind: str) -> None:
    del rest.columns[kind]
    expected = f"table aegis-test.aegis.{kind} does not exist; deploy/setup.sh creates it\n"
    assert error_of(SUBSCRIPTION, *TABLES, url=rest.url) == expected


def test_missing_columns_are_named_in_one_line(rest: BigQueryRestServer) -> None:
    fields = rest.columns["events"]
    rest.columns["events"] = [field for field in fields if field["name"][:2] != "me"][1:]
    assert error_of(SUBSCRIPTION, *TABLES, url=rest.url) == (
        "table aegis-test.aegis.events lacks the columns event_id, message_id "
        "of schemas/events.table.json; "
        "to add them: python -m schemas apply --events_table=aegis-test.aegis.events\n"
    )


def test_a_version_file_at_fault_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_fault() -> None:
        raise SchemaFileError("event.v2.schema.json is missing: numbers have no gaps")

    monkeypatch.setattr("flex_template.preflight.versions", at_fault)
    expected = "event.v2.schema.json is missing: numbers have no gaps\n"
    assert error_of(SUBSCRIPTION, *TABLES) == expected


def test_deduplication_needs_dataflow() -> None:
    assert error_of(SUBSCRIPTION, *TABLES, "--deduplicate", "--runner=DirectRunner") == (
        "--deduplicate needs --runner=DataflowRunner: no other runner reads id labels\n"
    )


def test_deduplication_needs_the_exactly_once_mode() -> None:
    at_least_once = "--dataflow_service_options=streaming_mode_at_least_once"
    dataflow = ("--runner=DataflowRunner", "--project=aegis-test", "--region=europe-west1")
    error = error_of(SUBSCRIPTION, *TABLES, "--deduplicate", *dataflow, at_least_once)
    assert error == (
        "--deduplicate needs the exactly-once streaming mode, without "
        "streaming_mode_at_least_once\n"
    )


def test_a_pattern_without_files_is_one_line(tmp_path: Path) -> None:
    pattern = f"{tmp_path}/*.jsonl"
    error = error_of(f"--input_files={pattern}", f"--output_directory={tmp_path}")
    assert error == f"no file matches --input_files={pattern}\n"


@pytest.mark.slow
def test_a_bigquery_that_does_not_answer_is_one_line() -> None:
    ended = run_process(SUBSCRIPTION, *TABLES, environment={"BIGQUERY_EMULATOR_HOST": NOWHERE})
    assert ended.returncode == 1
    assert ended.stderr == "BigQuery does not answer for table aegis-test.aegis.events\n"


def test_missing_credentials_are_one_line(tmp_path: Path) -> None:
    nowhere = {"GOOGLE_APPLICATION_CREDENTIALS": "", "HOME": str(tmp_path), "NO_GCE_CHECK": "true"}
    ended = run_main(SUBSCRIPTION, *TABLES, environment=nowhere)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1] == (
        "no Google credentials: run gcloud auth application-default login"
    )


@pytest.mark.parametrize("name", ["Dirrect", "no.such.Runner", "apache_beam.NoRunner"])
def test_a_runner_that_beam_does_not_have_is_one_line(name: str, tmp_path: Path) -> None:
    error = error_of(f"--runner={name}", "--input_files=x", f"--output_directory={tmp_path}")
    assert (
        error
        == f"--runner={name} is not one of Beam's runners; leave it out, or give DirectRunner\n"
    )


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (file := tmp_path / "file").touch()
    error = error_of("--input_files=x", f"--output_directory={file}/out")
    assert error == f"cannot write to --output_directory={file}/out: Not a directory\n"
