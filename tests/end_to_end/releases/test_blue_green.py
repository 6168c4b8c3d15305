"""A second job on a subscription of its own takes over, as docs/deploy.md says ("Blue-green").

Both store what comes meanwhile; nothing is lost, and the view shows nothing twice.
"""

import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient

from local.names import SUBSCRIPTION, TOPIC
from tests.end_to_end.releases.jobs import job
from tests.end_to_end.releases.steady import SteadyTraffic
from tests.flex_template.runs import EVENT
from tests.warehouse import Warehouse

GREEN = f"{SUBSCRIPTION}-green"


class Traffic(SteadyTraffic):
    """Events, and a message that is none after each tenth."""

    def __init__(self, publisher: PublisherClient) -> None:
        self.events: list[str] = []
        self.bad: list[bytes] = []
        self._publisher = publisher
        super().__init__()

    def send(self) -> None:
        event_id = str(uuid.uuid4())
        self._publish(orjson.dumps(EVENT | {"event_id": event_id}))
        self.events.append(event_id)
        if len(self.events) % 10 == 0:
            bad = f"bad {len(self.bad)}".encode()
            self._publish(bad)
            self.bad.append(bad)

    def _publish(self, data: bytes) -> None:
        self._publisher.publish(topic=TOPIC, messages=[{"data": data}])


@pytest.mark.slow
def test_a_second_job_takes_over_without_loss_or_repetition(
    pubsub: tuple[PublisherClient, SubscriberClient], warehouse: Warehouse, tmp_path: Path
) -> None:
    publisher, subscriber = pubsub
    warehouse.add_views()
    traffic = Traffic(publisher)
    tables = warehouse.events, warehouse.dead_letters
    with job(SUBSCRIPTION, *tables, tmp_path / "blue.log") as blue:
        blue.wait_for(lambda: stored(warehouse, "events") > 0)
        subscriber.create_subscription(name=GREEN, topic=TOPIC)
        before = set(traffic.events)
        with job(GREEN, *tables, tmp_path / "green.log") as green:
            green.wait_for(lambda: stored_by(warehouse, GREEN))
            blue.wait_for(lambda: before <= shown(warehouse).keys())
            assert blue.stop() == 0
            subscriber.delete_subscription(subscription=SUBSCRIPTION)
            after = len(traffic.events)
            green.wait_for(lambda: len(traffic.events) > after + 20)
            traffic.stop()
            green.wait_for(lambda: set(traffic.events) <= shown(warehouse).keys())
            assert green.stop() == 0
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
