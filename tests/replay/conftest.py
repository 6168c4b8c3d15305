"""An empty dataset, an empty topic, and the replay command between them."""

from collections.abc import Iterator

import pytest

from local.pubsub_server import PubSubServer
from tests.replay.command import ReplayCommand
from tests.replay.topic import Topic
from tests.replay.warehouse import Warehouse, start_bigquery


@pytest.fixture(scope="module")
def bigquery_variables() -> Iterator[dict[str, str]]:
    with start_bigquery() as variables:
        yield variables


@pytest.fixture
def warehouse(
    bigquery_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    for name, value in bigquery_variables.items():
        monkeypatch.setenv(name, value)
    warehouse = Warehouse()
    yield warehouse
    warehouse.client.close()


@pytest.fixture
def topic(pubsub_server: PubSubServer, monkeypatch: pytest.MonkeyPatch) -> Topic:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server.host)
    return Topic(pubsub_server)


@pytest.fixture
def replay(warehouse: Warehouse, topic: Topic) -> ReplayCommand:
    """The command in this process, on the test's own dataset and topic."""
    return ReplayCommand(warehouse, topic)
