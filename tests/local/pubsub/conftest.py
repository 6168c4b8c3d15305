"""The two Pub/Sub servers under one contract: Google's emulator and ours."""

import uuid
from collections.abc import Iterator

import pytest

from local.process import Process, accepts, free_port
from local.pubsub import clients as pubsub_clients
from local.pubsub.google_emulator import EmulatorMissing, emulator_command
from local.pubsub.server import PubSubServer
from tests.local.pubsub.clients import Clients


@pytest.fixture(scope="session")
def google_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    try:
        command = emulator_command(port)
    except EmulatorMissing as missing:
        pytest.skip(f"Google's Pub/Sub emulator: {missing}")
    with Process("pubsub", command, {}, tmp_path_factory.mktemp("emulator")) as process:
        process.wait_until(lambda: accepts(port))
        yield f"127.0.0.1:{port}"


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
