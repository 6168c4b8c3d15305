"""A topic with a subscription in our Pub/Sub, and a source that is told to stop after the test."""

from collections.abc import Iterator

import pytest

from local.names import SUBSCRIPTION, TOPIC
from local.pubsub import clients
from local.pubsub.server import PubSubServer
from tests.flex_template.one_machine.queue import ACK_SECONDS, Queue


@pytest.fixture
def pubsub(pubsub_server: PubSubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server.host)
    with clients.connect(pubsub_server.host) as channel:
        publisher = clients.publisher(channel)
        publisher.create_topic(name=TOPIC)
        subscriber = clients.subscriber(channel)
        subscriber.create_subscription(
            name=SUBSCRIPTION, topic=TOPIC, ack_deadline_seconds=ACK_SECONDS
        )
        yield Queue(pubsub_server, publisher, subscriber)
