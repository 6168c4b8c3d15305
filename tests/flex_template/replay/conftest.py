"""An empty topic, and the replay command between it and the dataset."""

import pytest

from local.pubsub.server import PubSubServer
from tests.flex_template.replay.command import ReplayCommand
from tests.flex_template.replay.topic import Topic
from tests.warehouse import Warehouse


@pytest.fixture
def topic(pubsub_server: PubSubServer, monkeypatch: pytest.MonkeyPatch) -> Topic:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server.host)
    return Topic(pubsub_server)


@pytest.fixture
def replay(warehouse: Warehouse, topic: Topic) -> ReplayCommand:
    """The command in this process, on the test's own dataset and topic; whatever is in a letter."""
    return ReplayCommand(warehouse, topic, "--include_refused")


@pytest.fixture
def careful_replay(warehouse: Warehouse, topic: Topic) -> ReplayCommand:
    """The command that leaves what the present schema refuses."""
    return ReplayCommand(warehouse, topic)
