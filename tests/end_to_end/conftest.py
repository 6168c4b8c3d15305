"""One stack for all tests of the path, on our Pub/Sub so that they can break it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.pubsub.server import PubSubServer
from local.stack import Stack
from tests.machine import ROOT

MAX_EVENT_AGE_DAYS = 3650  # the named examples are dated in the past


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same checkout in another place, by links, for the stacks of `make dev`.

    `make query` asks the newest stack of its checkout: elsewhere that may be a developer's.
    """
    folder = tmp_path_factory.mktemp("checkout")
    for each in ROOT.iterdir():
        if each.name != ".cache":
            (folder / each.name).symlink_to(each)
    return folder


@pytest.fixture(scope="session")
def queue() -> Iterator[PubSubServer]:
    with PubSubServer() as server:
        yield server


@pytest.fixture(scope="session")
def stack(queue: PubSubServer) -> Iterator[Stack]:
    with Stack(pubsub=queue, max_event_age_days=MAX_EVENT_AGE_DAYS) as stack:
        yield stack


@pytest.fixture
def edge(stack: Stack) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {stack.api_key}", "Content-Type": "application/json"}
    with httpx.Client(base_url=stack.url, headers=headers, timeout=60) as client:
        yield client
