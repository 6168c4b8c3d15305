"""The real command as a streaming job: real Pub/Sub calls in, real BigQuery calls out."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from google.pubsub_v1 import PublisherClient

from local.bigquery.rest_server import BigQueryRestServer
from local.bigquery.write_server import BigQueryWriteServer, refuse
from local.names import DEAD_LETTERS, EVENTS, SUBSCRIPTION, TOPIC
from local.process import Process
from local.pubsub import clients as pubsub_clients
from local.pubsub.server import PubSubServer
from local.resources import create_queue
from tests.flex_template.command import COMMAND
from tests.flex_template.runs import EVENT
from tests.machine import ROOT

WAIT_SECONDS = 120
AWKWARD: list[tuple[bytes, dict[str, str]]] = [
    (b"\xff\xfe\x00\x80 not UTF-8", {"event_id": "e-1"}),
    (b"a\x00b\r\n\x1a", {}),
    (b"", {"only": "attributes", "k\u00e9y \U0001f600": "v\u00e4lue \"'\\"}),
    (b" \n\t", {}),
    (b"\xc3" * 9_000_000, {"size": "9 MB"}),
]


@pytest.fixture
def publisher(pubsub_server: PubSubServer) -> Iterator[PublisherClient]:
    with pubsub_clients.connect(pubsub_server.host) as channel:
        publisher = pubsub_clients.publisher(channel)
        create_queue(publisher, pubsub_clients.subscriber(channel))
        yield publisher


@pytest.fixture
def job(
    pubsub_server: PubSubServer,
    publisher: PublisherClient,
    bigquery: BigQueryWriteServer,
    tmp_path: Path,
) -> Iterator[Process]:
    assert publisher.get_topic(topic=TOPIC)
    command = [
        *COMMAND,
        "--runner=DirectRunner",
        f"--input_subscription={SUBSCRIPTION}",
        f"--events_table={EVENTS}",
        f"--dead_letter_table={DEAD_LETTERS}",
        "--max_event_age_days=3650",
    ]
    with BigQueryRestServer() as rest:
        environment = {
            "PYTHONPATH": str(ROOT),
            "PUBSUB_EMULATOR_HOST": pubsub_server.host,
            "BIGQUERY_EMULATOR_HOST": rest.url,
            "BIGQUERY_STORAGE_EMULATOR_HOST": bigquery.host,
        }
        with Process("pipeline", command, environment, tmp_path) as process:
            yield process


def wait_until(job: Process, complete: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not complete():
        job.check_alive()
        assert time.monotonic() < deadline, job.log_tail()
        time.sleep(0.05)


def stored(bigquery: BigQueryWriteServer, table: str) -> dict[str, dict[str, Any]]:
    """Rows by message id, each of which is there once."""
    rows = bigquery.rows.get(table, [])
    by_id = {row["message_id"]: row for row in rows}
    assert len(by_id) == len(rows)
    return by_id


def publish(publisher: PublisherClient, messages: list[tuple[bytes, dict[str, str]]]) -> list[str]:
    return [
        publisher.publish(
            topic=TOPIC, messages=[{"data": data, "attributes": attributes}]
        ).message_ids[0]
        for data, attributes in messages
    ]


def test_messages_come_out_of_the_topic_as_rows_and_exact_dead_letters(
    job: Process, publisher: PublisherClient, bigquery: BigQueryWriteServer
) -> None:
    events = [(orjson.dumps(EVENT), {"received_at": "2024-01-01T00:00:00Z"})] * 12
    event_ids = publish(publisher, events)
    letter_ids = publish(publisher, AWKWARD)
    wait_until(job, lambda: bigquery.count >= len(event_ids) + len(letter_ids))

    rows, letters = stored(bigquery, "events"), stored(bigquery, "dead_letters")
    assert rows.keys() == set(event_ids)
    assert all(row["published_at"] > row["received_at"] for row in rows.values())
    assert letters.keys() == set(letter_ids)
    for message_id, (data, attributes) in zip(letter_ids, AWKWARD, strict=True):
        letter = letters[message_id]
        assert letter["payload"] == data
        assert not letter["truncated"]
        assert letter["payload_size"] == len(data)
        assert letter["payload_sha256"] == hashlib.sha256(data).hexdigest()
        assert json.loads(letter["attributes"]) == attributes
        assert letter["subscription"] == SUBSCRIPTION
        assert letter["destination_table"] == EVENTS


def test_a_row_refused_midstream_becomes_a_dead_letter_and_the_job_goes_on(
    job: Process, publisher: PublisherClient, bigquery: BigQueryWriteServer
) -> None:
    bigquery.faults = [refuse(lambda _: True, "no such partition")]
    (refused,) = publish(publisher, [(orjson.dumps(EVENT), {})])
    wait_until(job, lambda: refused in stored(bigquery, "dead_letters"))
    (accepted,) = publish(publisher, [(orjson.dumps(EVENT), {})])
    wait_until(job, lambda: accepted in stored(bigquery, "events"))

    letter = stored(bigquery, "dead_letters")[refused]
    assert (letter["stage"], letter["error_message"]) == ("append", "no such partition")
    assert letter["payload"] == orjson.dumps(EVENT)
    assert refused not in stored(bigquery, "events")
