"""Old and new edge, pipeline and table in every combination: no event is lost on the way.

The old release is this one without its newest version file, as programs of their own.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from google.cloud import bigquery

from flex_template.replay.__main__ import run as replay
from local.process import Process, accepts, free_port
from local.pubsub.server import PubSubServer
from schemas import event_columns, versions
from schemas.evolution.migration import migrate
from tests.flex_template.command import Ended, run_main
from tests.ingest_function.inbox import TOPIC, Inbox
from tests.machine import ROOT
from tests.schemas.generated import VALID_OF
from tests.warehouse import Warehouse

OLD, NEW = sorted(versions())[-2:]
PER_VERSION = 20
Event = dict[str, Any]


class Traffic(NamedTuple):
    """What clients of both versions sent to one edge: what it published, and what it refused."""

    published: list[bytes]
    refused: list[Event]


def events_for(edge_version: int) -> list[Event]:
    """Events of the old and the new version in turn, each with an id of its own."""
    now = datetime.now(UTC).isoformat()
    return [
        VALID_OF[(OLD, NEW)[number % 2]]
        | {"event_id": f"0193a5c2-7f3e-7d10-9a4b-{edge_version:06d}{number:06d}", "timestamp": now}
        for number in range(2 * PER_VERSION)
    ]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The source folder of each release by its newest version."""
    old = tmp_path_factory.mktemp("old")
    for package in ("schemas", "ingest_function", "flex_template"):
        shutil.copytree(ROOT / package, old / package)
    (old / "schemas" / f"event.v{NEW}.schema.json").unlink()
    return {OLD: old, NEW: ROOT}


@contextmanager
def edge(release: Path, server: PubSubServer, logs: Path) -> Iterator[httpx.Client]:
    port = free_port()
    environment = {
        "PYTHONPATH": str(release),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "GCP_PROJECT_ID": "aegis-local",
        "PUB_SUB_TOPIC_ID": "events",
        "PUBSUB_EMULATOR_HOST": server.host,
        "AUTH_MODE": "none",
    }
    # `-P` keeps this folder off the path, where the new release is.
    command = [sys.executable, "-P", "-m", "ingest_function"]
    with Process("edge", command, environment, logs) as process:
        process.wait_until(lambda: accepts(port))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client


def send(release: Path, events: list[Event], logs: Path) -> Traffic:
    """Send each event alone to an edge of this release."""
    with PubSubServer() as server:
        inbox = Inbox(server)
        with edge(release, server, logs) as client:
            answers = [client.post("/v1/events", json=event) for event in events]
        refused = [
            event
            for event, answer in zip(events, answers, strict=True)
            if answer.status_code != httpx.codes.ACCEPTED
        ]
        assert all(
            error["code"] == "unknown_schema_version"
            for answer in answers
            for rejected in answer.json()["rejected"]
            for error in rejected["errors"]
        )
        return Traffic([message.data for message in inbox.messages()], refused)


@pytest.fixture(scope="module")
def traffic(
    releases: dict[int, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[int, Traffic]:
    """What became of the same kind of traffic at the edge of each release."""
    logs = tmp_path_factory.mktemp("edge")
    return {
        version: send(release, events_for(version), logs) for version, release in releases.items()
    }


@pytest.fixture(scope="module")
def sent_again(traffic: dict[int, Traffic], tmp_path_factory: pytest.TempPathFactory) -> Traffic:
    """What the old edge refused, sent to the new one."""
    return send(ROOT, traffic[OLD].refused, tmp_path_factory.mktemp("again"))


def make_table(warehouse: Warehouse, version: int) -> str:
    """The table of events as a release made it."""
    fields = [column.field() for column in event_columns() if column.since <= version]
    name = f"{warehouse.dataset}.events_of_version_{version}"
    schema = [bigquery.SchemaField.from_api_repr(field) for field in fields]
    warehouse.client.create_table(bigquery.Table(name, schema=schema))
    return name


def run_pipeline(release: Path, payloads: list[bytes], table: str, file: Path) -> Ended:
    """Run the pipeline of a release over the payloads; the new one in this process."""
    file.write_bytes(b"".join(payload + b"\n" for payload in payloads))
    dead_letters = f"--dead_letter_table={table.rpartition('.')[0]}.dead_letters"
    arguments = [f"--input_files={file}", f"--events_table={table}", dead_letters]
    if release == ROOT:
        return run_main(*arguments, environment=os.environ)
    line = [sys.executable, "-P", "-m", "flex_template.main", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(release)}
    ended = subprocess.run(
        line, cwd=release, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def replay_all(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the replay of all dead letters publishes."""
    with PubSubServer() as server:
        inbox = Inbox(server)
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", server.host)
        replay([f"--dead_letter_table={warehouse.dead_letters}", f"--topic={TOPIC}"])
        return [message.data for message in inbox.messages()]


def stored_ids(warehouse: Warehouse, table: str) -> list[str]:
    rows = warehouse.client.query(f"SELECT event_id FROM `{table}`").result()  # noqa: S608
    return sorted(row[0] for row in rows)


def ids(payloads: list[bytes]) -> list[str]:
    return sorted(json.loads(payload)["event_id"] for payload in payloads)


def test_each_edge_publishes_the_versions_that_it_knows_and_refuses_the_others(
    traffic: dict[int, Traffic], sent_again: Traffic
) -> None:
    refused = [event["schema_version"] for event in traffic[OLD].refused]
    assert refused == [NEW] * PER_VERSION
    assert len(traffic[OLD].published) == PER_VERSION
    assert (len(traffic[NEW].published), traffic[NEW].refused) == (2 * PER_VERSION, [])
    assert (len(sent_again.published), sent_again.refused) == (PER_VERSION, [])


@pytest.mark.parametrize("table_version", [OLD, NEW], ids=["old_table", "new_table"])
@pytest.mark.parametrize("pipeline_version", [OLD, NEW], ids=["old_pipeline", "new_pipeline"])
def test_no_event_of_either_edge_is_lost(  # noqa: PLR0917 - fixtures
    releases: dict[int, Path],
    traffic: dict[int, Traffic],
    sent_again: Traffic,
    warehouse: Warehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pipeline_version: int,
    table_version: int,
) -> None:
    published = [*traffic[OLD].published, *traffic[NEW].published]
    table, file = make_table(warehouse, table_version), tmp_path / "events.jsonl"

    ended = run_pipeline(releases[pipeline_version], published, table, file)
    stored, letters = stored_ids(warehouse, table), warehouse.rows("dead_letters")
    waiting = []
    if pipeline_version > table_version:
        # It does not start: messages stay in the subscription.
        assert f"python -m schemas apply --events_table={table}" in ended.stderr
        assert (ended.returncode, stored, letters) == (1, [], [])
        waiting = published
    else:
        assert ended.returncode == 0, ended.stderr
        assert {letter["error_code"] for letter in letters} <= {"unknown_schema_version"}
        assert len(letters) == (PER_VERSION if pipeline_version == OLD else 0)
    kept = [letter["payload"] for letter in letters]
    assert sorted([*stored, *ids(kept), *ids(waiting)]) == ids(published)

    # The roll-out in its order: table; pipeline, with what waits and dead letters replayed; edge.
    migrate(table, execute=True)
    replayed = replay_all(warehouse, monkeypatch)
    assert sorted(replayed) == sorted(kept)
    ended = run_pipeline(ROOT, [*waiting, *replayed, *sent_again.published], table, file)
    assert ended.returncode == 0, ended.stderr
    sent = [json.dumps(event).encode() for edge in (OLD, NEW) for event in events_for(edge)]
    assert stored_ids(warehouse, table) == ids(sent)
