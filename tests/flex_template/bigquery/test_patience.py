"""Nobody waits long, or without a word, for a BigQuery that does not answer."""

import io
import socket
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

import pytest
from google.api_core.exceptions import RetryError

from console.app import create_app
from deploy import table_grants
from flex_template.bigquery.client import PATIENCE_SECONDS, check_table, connect, run_query
from flex_template.replay.options import parse
from flex_template.replay.run import preview
from schemas.evolution import migration
from schemas.evolution.write_api import wait_for_columns
from tests.flex_template.runs import DEAD_LETTERS_TABLE, EVENTS_TABLE

SETTINGS = {
    "GCP_PROJECT_ID": "aegis-test",
    "PUB_SUB_TOPIC_ID": "events",
    "BIGQUERY_DATASET_ID": "aegis",
    "BIGQUERY_TABLE_ID": "events",
    "CONSOLE_ACCESS": "loopback",
}


class Pauses:
    """A clock on which every pause is over at once; `seconds` is what they come to."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._now = time.monotonic

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def monotonic(self) -> float:
        return self._now() + self.seconds


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """Nothing listens where BigQuery is looked for, and time flies."""
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:1")
    result = Pauses()
    monkeypatch.setattr("time.sleep", result.sleep)
    monkeypatch.setattr("time.monotonic", result.monotonic)
    return result


def test_a_statement_is_given_up_after_half_a_minute(pauses: Pauses) -> None:
    with connect(EVENTS_TABLE) as client, pytest.raises(RetryError):
        run_query(client, "SELECT 1")
    assert 0 < pauses.seconds <= PATIENCE_SECONDS == 30


@pytest.mark.parametrize("execute", [False, True])
def test_plan_and_apply_end_with_one_line(pauses: Pauses, *, execute: bool) -> None:
    line = "^BigQuery does not answer for dataset aegis-test.aegis; nothing was changed$"
    with pytest.raises(SystemExit, match=line):
        migration.migrate(EVENTS_TABLE, execute=execute)
    assert 0 < pauses.seconds <= PATIENCE_SECONDS


def look_at_events() -> None:
    with connect(EVENTS_TABLE) as client:
        check_table(client, EVENTS_TABLE, "events")


@pytest.mark.parametrize(
    ("module", "look"),
    [
        ("flex_template.bigquery.client", look_at_events),
        ("schemas.evolution.migration", partial(migration.found, EVENTS_TABLE)),
    ],
)
def test_a_first_look_ends_if_something_listens_and_never_answers(
    monkeypatch: pytest.MonkeyPatch, module: str, look: Callable[[], object]
) -> None:
    monkeypatch.setattr(f"{module}.PATIENCE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        with pytest.raises(SystemExit, match=r"^BigQuery does not answer for "):
            look()


def test_apply_does_not_wait_long_for_a_write_api_that_is_silent(
    pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGQUERY_STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    line = r"^the columns are there, but the write API does not answer: Timeout of 30\.0s exceeded$"
    with pytest.raises(SystemExit, match=line):
        wait_for_columns(EVENTS_TABLE, {"session_id"})
    assert 0 < pauses.seconds <= PATIENCE_SECONDS


@pytest.mark.parametrize("flags", [[], ["--give"]])
def test_grants_on_tables_end_with_one_line(
    pauses: Pauses, monkeypatch: pytest.MonkeyPatch, flags: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["table_grants", "aegis-test.aegis", *flags])
    monkeypatch.setattr("sys.stdin", io.StringIO("events roles/bigquery.dataViewer user:a@b.c\n"))
    with pytest.raises(SystemExit, match=r"^stopped: no answer in time: .+Connection refused"):
        table_grants.main()
    assert 0 < pauses.seconds <= PATIENCE_SECONDS


def test_a_page_of_the_console_says_so(pauses: Pauses) -> None:
    page = create_app(SETTINGS).test_client().get("/")
    assert page.status_code == HTTPStatus.BAD_GATEWAY
    assert "does not answer as it should: Timeout of 30.0s exceeded" in page.text
    assert 0 < pauses.seconds <= PATIENCE_SECONDS


def test_a_replay_whose_tables_are_gone_meanwhile_ends(pauses: Pauses) -> None:
    options = parse(
        [f"--dead_letter_table={DEAD_LETTERS_TABLE}", "--topic=projects/aegis-test/topics/events"]
    )
    with connect(DEAD_LETTERS_TABLE) as client, pytest.raises(RetryError):
        preview(client, options)
    assert 0 < pauses.seconds <= PATIENCE_SECONDS
