"""The same events over HTTP, from a file and straight from the topic have the same outcome."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from local.names import PROJECT, TOPIC
from local.resources import create_tables
from local.stack import Stack
from schemas import InvalidEvent, event_columns, parse
from tests.end_to_end.conftest import MAX_EVENT_AGE_DAYS
from tests.end_to_end.tables import Row, decoded, rows, wait_for
from tests.golden.examples import load
from tests.machine import ROOT

BACKFILL = f"{PROJECT}.backfill"
OF_THE_RUN = {"event_id", "received_at", "published_at", "request_id"}
_COLUMNS = [column.name for column in event_columns() if column.name not in OF_THE_RUN]
EVENT_QUERY = f"SELECT {', '.join(_COLUMNS)} FROM {{dataset}}.events"  # noqa: S608 - our own names
LETTER_QUERY = """
SELECT message_id, payload, payload_text, payload_size, payload_sha256, truncated, stage,
    error_code, error_message, errors, exception_class
FROM {dataset}.dead_letters
"""


class Outcome(NamedTuple):
    """What became of some lines: comparable rows, and dead letters by payload."""

    events: list[Row]
    dead_letters: dict[bytes, Row]


def as_lines() -> list[bytes]:
    """The named examples, each on one line."""
    lines = (example.data.replace(b"\n", b" ").strip() for example in load())
    return list(dict.fromkeys(line for line in lines if line))


def is_json(line: bytes) -> bool:
    try:
        parse(line)
    except InvalidEvent:
        return False
    return True


def comparable(row: Row) -> Row:
    """Without what differs from run to run; JSON columns parsed."""
    parsed = {key: decoded(row[key]) for key in ("event_details", "errors") if key in row}
    return {key: value for key, value in (row | parsed).items() if key != "message_id"}


def outcome(events: list[Row], dead_letters: list[Row]) -> Outcome:
    return Outcome(
        sorted(map(comparable, events), key=repr),
        {row["payload"]: comparable(row) for row in dead_letters},
    )


@pytest.fixture(scope="module")
def from_file(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The outcome of a backfill of the lines."""
    create_tables(stack.bigquery, BACKFILL)
    file = tmp_path_factory.mktemp("backfill") / "events.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in as_lines()))
    backfill(stack, file)
    found = [rows(stack, query.format(dataset="backfill")) for query in (EVENT_QUERY, LETTER_QUERY)]
    return outcome(*found)


def backfill(stack: Stack, file: Path) -> None:
    command = [
        *[sys.executable, "-m", "flex_template.main", f"--input_files={file}"],
        f"--events_table={BACKFILL}.events",
        f"--dead_letter_table={BACKFILL}.dead_letters",
        f"--max_event_age_days={MAX_EVENT_AGE_DAYS}",
    ]
    environment = os.environ | stack.bigquery_hosts
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=240)


def test_a_file_becomes_one_row_or_one_dead_letter_per_line(from_file: Outcome) -> None:
    assert len(from_file.events) + len(from_file.dead_letters) == len(as_lines())
    assert len(from_file.events) >= 10
    assert len(from_file.dead_letters) >= 60


def test_http_and_file_give_the_same_rows(
    stack: Stack, edge: httpx.Client, from_file: Outcome
) -> None:
    answers = [post(edge, line) for line in as_lines()]
    ids = {item["message_id"] for answer in answers for item in answer.get("accepted", [])}

    query = EVENT_QUERY.format(dataset="aegis")
    stored = wait_for(stack, query, lambda rows: ids <= {row["message_id"] for row in rows})

    ours = [row for row in stored if row["message_id"] in ids]
    assert outcome(ours, []).events == from_file.events


def test_the_edge_refuses_with_the_errors_of_the_dead_letters(
    edge: httpx.Client, from_file: Outcome
) -> None:
    differing = {
        payload: answer
        for payload, letter in from_file.dead_letters.items()
        if errors_in(answer := post(edge, payload)) != errors_of(letter, answer)
    }

    assert differing == {}


def test_topic_and_file_give_the_same_dead_letters(stack: Stack, from_file: Outcome) -> None:
    payloads = list(from_file.dead_letters)
    published = stack.publisher.publish(
        topic=TOPIC, messages=[{"data": payload} for payload in payloads]
    )
    ids = set(published.message_ids)

    query = LETTER_QUERY.format(dataset="aegis")
    stored = wait_for(stack, query, lambda rows: ids <= {row["message_id"] for row in rows})

    ours = [row for row in stored if row["message_id"] in ids]
    assert outcome([], ours).dead_letters == from_file.dead_letters


def post(edge: httpx.Client, line: bytes) -> dict[str, Any]:
    """The answer to one event; in a batch of one, since a bare array is a batch."""
    body = b"[" + line + b"]" if is_json(line) else line
    return edge.post("/v1/events", content=body).json()  # type: ignore[no-any-return]


def errors_in(answer: dict[str, Any]) -> Any:
    """The list of errors, or the code of a body that is not JSON at all."""
    return answer["rejected"][0]["errors"] if "rejected" in answer else answer["code"]


def errors_of(letter: Row, answer: dict[str, Any]) -> Any:
    return letter["errors"] if "rejected" in answer else letter["error_code"]
