"""The two Pub/Sub servers under one contract: Google's emulator and ours."""

import uuid
from collections.abc import Iterator

import pytest

from local.pubsub import clients as pubsub_clients
from local.pubsub.server import PubSubServer
from tests.local.pubsub.clients import Clients


@pytest.fixture(scope="session")
def our_server() -> Iterator[str]:
    with PubSubServer() as server:
        yield server.host


@pytest.fixture(params=["our_server", "google_emulator"])
def clients(request: pytest.FixtureRequest) -> Iterator[Clients]:
    host = request.getfixturevalue(request.param)
    unique = uuid.uuid4().hex
    with pubsub_clients.connect(host) as channel:
        yield Clients(
            pubsub_clients.publisher(channel),
            pubsub_clients.subscriber(channel),
            f"projects/aegis-local/topics/t-{unique}",
            f"projects/aegis-local/subscriptions/s-{unique}",
        )
