"""A topic with a subscription, which every job and edge of a test finds by the environment."""

from collections.abc import Iterator

import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient

from local.pubsub import clients
from local.pubsub.server import PubSubServer
from local.resources import create_queue


@pytest.fixture
def pubsub(
    pubsub_server: PubSubServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[PublisherClient, SubscriberClient]]:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server.host)
    with clients.connect(pubsub_server.host) as channel:
        publisher, subscriber = clients.publisher(channel), clients.subscriber(channel)
        create_queue(publisher, subscriber)
        yield publisher, subscriber
