"""Fixtures for every area."""

from collections.abc import Iterator

import pytest

from local.process import free_port as find_free_port
from local.pubsub.server import PubSubServer
from tests.warehouse import Warehouse, start_bigquery


@pytest.fixture
def pubsub_server() -> Iterator[PubSubServer]:
    """Our in-memory Pub/Sub, empty, with faults to order."""
    with PubSubServer() as server:
        yield server


@pytest.fixture
def free_port() -> int:
    return find_free_port()


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
