"""A second job on a subscription of its own takes over, as docs/deploy.md says ("Blue-green").

Both store what comes meanwhile; nothing is lost, and the view shows nothing twice.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient

from local.names import SUBSCRIPTION, TOPIC
from local.pubsub import clients
from local.pubsub.server import PubSubServer
from tests.flex_template.runs import EVENT
from tests.machine import ROOT
from tests.warehouse import Warehouse

GREEN = f"{SUBSCRIPTION}-green"
PAUSE = 0.02
SECONDS = 120


class Traffic:
    """An event every `PAUSE`, and a message that is none after each tenth, until it is stopped."""

    def __init__(self, publisher: PublisherClient) -> None:
        self.events: list[str] = []
        self.bad: list[bytes] = []
        self._publisher = publisher
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._stopped.wait(PAUSE):
            event_id = str(uuid.uuid4())
            self._publish(orjson.dumps(EVENT | {"event_id": event_id}))
            self.events.append(event_id)
            if len(self.events) % 10 == 0:
                bad = f"bad {len(self.bad)}".encode()
                self._publish(bad)
                self.bad.append(bad)

    def _publish(self, data: bytes) -> None:
        self._publisher.publish(topic=TOPIC, messages=[{"data": data}])


@pytest.fixture
def pubsub(
    pubsub_server: PubSubServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[PublisherClient, SubscriberClient]]:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server.host)
    with clients.connect(pubsub_server.host) as channel:
        publisher, subscriber = clients.publisher(channel), clients.subscriber(channel)
        publisher.create_topic(name=TOPIC)
        subscriber.create_subscription(name=SUBSCRIPTION, topic=TOPIC)
        yield publisher, subscriber


@contextmanager
def job(subscription: str, warehouse: Warehouse, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [
        *(sys.executable, "-m", "flex_template.main", "--runner=DirectRunner"),
        f"--input_subscription={subscription}",
        f"--events_table={warehouse.events}",
        f"--dead_letter_table={warehouse.dead_letters}",
        "--max_event_age_days=3650",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=output)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for(met: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.2)


@pytest.mark.slow
def test_a_second_job_takes_over_without_loss_or_repetition(
    pubsub: tuple[PublisherClient, SubscriberClient], warehouse: Warehouse, tmp_path: Path
) -> None:
    publisher, subscriber = pubsub
    traffic, logs = Traffic(publisher), (tmp_path / "blue.log", tmp_path / "green.log")
    with job(SUBSCRIPTION, warehouse, logs[0]) as blue:
        wait_for(lambda: stored(warehouse, "events") > 0, logs[0])
        subscriber.create_subscription(name=GREEN, topic=TOPIC)
        before = set(traffic.events)
        with job(GREEN, warehouse, logs[1]) as green:
            wait_for(lambda: stored_by(warehouse, GREEN), logs[1])
            wait_for(lambda: before <= shown(warehouse).keys(), logs[0])
            blue.send_signal(signal.SIGTERM)
            assert blue.wait(10) == 0
            subscriber.delete_subscription(subscription=SUBSCRIPTION)
            after = len(traffic.events)
            wait_for(lambda: len(traffic.events) > after + 20, logs[1])
            traffic.stop()
            wait_for(lambda: set(traffic.events) <= shown(warehouse).keys(), logs[1])
            green.send_signal(signal.SIGTERM)
            assert green.wait(10) == 0
    assert shown(warehouse) == dict.fromkeys(traffic.events, 1)
    assert stored(warehouse, "events") > len(traffic.events)  # both stored what came meanwhile
    letters = {row["dead_letter_id"]: row["payload"] for row in warehouse.rows("dead_letters")}
    assert sorted(letters.values()) == sorted(traffic.bad)


def shown(warehouse: Warehouse) -> dict[str, int]:
    """How often the view shows each event."""
    rows = _query(warehouse, "SELECT event_id, COUNT(*) FROM {}.events_deduplicated GROUP BY 1")
    return dict(rows)


def stored(warehouse: Warehouse, table: str) -> int:
    [[count]] = _query(warehouse, f"SELECT COUNT(*) FROM {{}}.{table}")  # noqa: S608 - our own names
    return int(count)


def stored_by(warehouse: Warehouse, subscription: str) -> bool:
    """Whether its job stores; an event does not say where it was read, a dead letter does."""
    rows = _query(warehouse, "SELECT DISTINCT subscription FROM {}.dead_letters")
    return (subscription,) in rows


def _query(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    job = warehouse.client.query(sql.format(f"`{warehouse.dataset}`"))
    return [tuple(row) for row in job.result()]
