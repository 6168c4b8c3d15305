"""Fixtures for every area."""

from collections.abc import Iterator

import pytest

from local.process import free_port as find_free_port
from local.pubsub_server import PubSubServer


@pytest.fixture
def pubsub_server() -> Iterator[PubSubServer]:
    """Our in-memory Pub/Sub, empty, with faults to order."""
    with PubSubServer() as server:
        yield server


@pytest.fixture
def free_port() -> int:
    return find_free_port()
