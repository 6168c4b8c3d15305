"""The console over a dataset of the test's own, served as in `make dev`."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from console.app import create_app
from local.pubsub.server import PubSubServer
from tests.console.browser import served
from tests.console.letters import broken_release, stored_events
from tests.flex_template.replay.topic import Topic
from tests.warehouse import PROJECT, Warehouse


@pytest.fixture
def topic(pubsub_server: PubSubServer, monkeypatch: pytest.MonkeyPatch) -> Topic:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server.host)
    return Topic(pubsub_server)


@pytest.fixture
def environment(warehouse: Warehouse, topic: Topic) -> dict[str, str]:
    """The console's settings, without a login."""
    return {
        "GCP_PROJECT_ID": PROJECT,
        "PUB_SUB_TOPIC_ID": topic.name.rpartition("/")[2],
        "BIGQUERY_DATASET_ID": warehouse.dataset.rpartition(".")[2],
        "BIGQUERY_TABLE_ID": "events",
        "CONSOLE_ACCESS": "loopback",
    }


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """Some weeks of events, and what a broken release left."""
    warehouse.add_views()
    warehouse.append("events", stored_events())
    warehouse.append("dead_letters", broken_release())
    return warehouse


@pytest.fixture
def app(environment: dict[str, str]) -> Flask:
    return create_app(environment)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the console listens."""
    with served(app) as address:
        yield address
