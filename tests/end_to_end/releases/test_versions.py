"""Old and new edge, pipeline and table in every combination, in the order of a roll-out.

Clients of both versions send to both edges all the while. The old release is this one without its
newest version file, as programs of their own.
"""

import json
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, product
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from google.cloud import bigquery

from flex_template.replay.__main__ import run as replay
from local.names import PROJECT, SUBSCRIPTION, TOPIC, TOPIC_ID
from local.process import Process, accepts, free_port
from schemas import Stage, event_columns, versions
from schemas.evolution.migration import migrate
from tests.end_to_end.releases.jobs import Job, job
from tests.end_to_end.releases.steady import SteadyTraffic
from tests.machine import ROOT
from tests.schemas.generated import VALID_OF
from tests.warehouse import Warehouse

OLD, NEW = sorted(versions())[-2:]
Edges = dict[int, httpx.Client]


class Sent(NamedTuple):
    """An event of one version, which the edge of one release has answered with `status`."""

    event_id: str
    version: int
    edge: int
    status: int


class Traffic(SteadyTraffic):
    """An event of each version to each edge in turn."""

    def __init__(self, edges: Edges) -> None:
        self.sent: list[Sent] = []
        self._edges = edges
        self._next = cycle(product(edges, (OLD, NEW)))
        super().__init__()

    def answered(
        self, status: int, version: int, *, since: int = 0, edge: int | None = None
    ) -> set[str]:
        """The ids of a version's events; `since` is a number of events that were sent before."""
        return {
            each.event_id
            for each in self.sent[since:]
            if (each.status, each.version) == (status, version) and edge in {None, each.edge}
        }

    def send(self) -> None:
        edge, version = next(self._next)
        event_id = str(uuid.uuid4())
        status = post(self._edges[edge], version, event_id)
        self.sent.append(Sent(event_id, version, edge, status))


def post(edge: httpx.Client, version: int, event_id: str) -> int:
    now = datetime.now(UTC).isoformat()
    event = VALID_OF[version] | {"event_id": event_id, "timestamp": now}
    answer = edge.post("/v1/events", json=event)
    errors = [each for item in answer.json()["rejected"] for each in item["errors"]]
    assert {each["code"] for each in errors} <= {"unknown_schema_version"}
    return answer.status_code


@pytest.fixture
def releases(tmp_path: Path) -> dict[int, Path]:
    """The source folder of each release by its newest version."""
    old = tmp_path / "old"
    for package in ("schemas", "ingest_function", "flex_template"):
        shutil.copytree(ROOT / package, old / package)
    (old / "schemas" / f"event.v{NEW}.schema.json").unlink()
    return {OLD: old, NEW: ROOT}


@contextmanager
def edge(release: Path, logs: Path) -> Iterator[Callable[[], httpx.Client]]:
    """An edge that starts; what it gives waits until it listens."""
    port = free_port()
    environment = {
        "PYTHONPATH": str(release),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "GCP_PROJECT_ID": PROJECT,
        "PUB_SUB_TOPIC_ID": TOPIC_ID,
        "PUBSUB_EMULATOR_HOST": os.environ["PUBSUB_EMULATOR_HOST"],
        "AUTH_MODE": "none",
    }
    command = [sys.executable, "-P", "-m", "ingest_function"]
    with (
        Process("edge", command, environment, logs) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):

        def ready() -> httpx.Client:
            process.wait_until(lambda: accepts(port))
            return client

        yield ready


@pytest.fixture
def edges(pubsub: object, releases: dict[int, Path], tmp_path: Path) -> Iterator[Edges]:
    """The edge of each release, on the topic of `pubsub`."""
    assert pubsub
    logs = {version: tmp_path / str(version) for version in releases}
    for folder in logs.values():
        folder.mkdir()
    with edge(releases[OLD], logs[OLD]) as old, edge(releases[NEW], logs[NEW]) as new:
        yield {OLD: old(), NEW: new()}


@pytest.fixture
def table(warehouse: Warehouse) -> str:
    """The table of events as the old release made it."""
    fields = [column.field() for column in event_columns() if column.since <= OLD]
    name = f"{warehouse.dataset}.rolled_out"
    schema = [bigquery.SchemaField.from_api_repr(field) for field in fields]
    warehouse.client.create_table(bigquery.Table(name, schema=schema))
    return name


class Outcomes:
    """What became of events, as the tables have it, by id."""

    def __init__(self, warehouse: Warehouse, table: str) -> None:
        self._warehouse = warehouse
        self._table = table

    def rows(self) -> set[str]:
        return self._ids(f"SELECT event_id FROM `{self._table}`")  # noqa: S608 - our own names

    def rows_with_session(self) -> set[str]:
        sql = f"SELECT event_id FROM `{self._table}` WHERE session_id IS NOT NULL"  # noqa: S608
        return self._ids(sql)

    def letters(self, *, of_edge: bool) -> set[str]:
        """Those that an edge has refused, or those that the pipeline has."""
        letters = self._warehouse.rows("dead_letters")
        assert {letter["error_code"] for letter in letters} <= {"unknown_schema_version"}
        payloads = [
            letter["payload"] for letter in letters if (letter["stage"] == Stage.EDGE) == of_edge
        ]
        return {json.loads(payload)["event_id"] for payload in payloads}

    def _ids(self, sql: str) -> set[str]:
        return {row[0] for row in self._warehouse.client.query(sql).result()}


@pytest.mark.slow
def test_no_event_of_either_version_is_lost_on_the_way_to_a_new_release(
    releases: dict[int, Path], edges: Edges, warehouse: Warehouse, table: str, tmp_path: Path
) -> None:
    found, traffic = Outcomes(warehouse, table), Traffic(edges)
    start = partial(job, SUBSCRIPTION, table, warehouse.dead_letters)
    with start(tmp_path / "old.log", releases[OLD]) as old:
        with start(tmp_path / "early.log", ROOT) as early:
            # New pipeline, old table: it does not start, and takes no message.
            assert early.ended() == 1
            assert f"python -m schemas apply --events_table={table}" in early.log()
        the_old_pipeline_stores_its_version_and_keeps_the_new_one(old, traffic, found)
        migrate(table, execute=True)
        the_old_pipeline_stores_its_version_and_keeps_the_new_one(old, traffic, found)
        with start(tmp_path / "new.log", ROOT) as new:
            new.wait_for(lambda: found.rows() & traffic.answered(202, NEW))
            assert old.stop() == 0
            the_new_pipeline_stores_both(new, traffic, found)
            traffic.stop()
            refused = traffic.answered(400, NEW)
            new.wait_for(lambda: found.letters(of_edge=True) == refused)
            replay([f"--dead_letter_table={warehouse.dead_letters}", f"--topic={TOPIC}"])
            everything = {each.event_id for each in traffic.sent}
            new.wait_for(lambda: everything <= found.rows())
            assert new.stop() == 0
    assert found.rows() == everything
    assert found.rows_with_session() == {e.event_id for e in traffic.sent if e.version == NEW}
    # The old edge refuses the new version, the new edge takes both.
    answers = {(each.edge, each.version): each.status for each in traffic.sent}
    assert answers == {(OLD, OLD): 202, (OLD, NEW): 400, (NEW, OLD): 202, (NEW, NEW): 202}


def the_old_pipeline_stores_its_version_and_keeps_the_new_one(
    old: Job, traffic: Traffic, found: Outcomes
) -> None:
    """Of what is sent from now on; what it keeps are dead letters."""
    begun = len(traffic.sent)

    def has_come() -> bool:
        kept = found.letters(of_edge=False) & traffic.answered(202, NEW, since=begun)
        rows = found.rows()
        from_each = [
            rows & traffic.answered(202, OLD, since=begun, edge=edge) for edge in (OLD, NEW)
        ]
        return all([kept, *from_each])

    old.wait_for(has_come)
    assert not found.rows() & traffic.answered(202, NEW)
    assert not found.letters(of_edge=False) & traffic.answered(202, OLD)


def the_new_pipeline_stores_both(new: Job, traffic: Traffic, found: Outcomes) -> None:
    """It alone reads: nothing that is published becomes a dead letter any more."""
    begun, kept = len(traffic.sent), found.letters(of_edge=False)
    new.wait_for(lambda: len(traffic.sent) > begun + 20)
    sent = traffic.answered(202, OLD, since=begun) | traffic.answered(202, NEW, since=begun)
    new.wait_for(lambda: sent <= found.rows())
    assert found.letters(of_edge=False) == kept
