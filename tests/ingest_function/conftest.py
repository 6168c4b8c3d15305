from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from local.pubsub.server import PubSubServer
from tests.ingest_function.hosting import least_environment, serve
from tests.ingest_function.inbox import Inbox

StartEdge = Callable[..., httpx.Client]


@pytest.fixture
def inbox(pubsub_server: PubSubServer) -> Inbox:
    return Inbox(pubsub_server)


@pytest.fixture
def environment(pubsub_server: PubSubServer) -> dict[str, str]:
    return least_environment(pubsub_server.host)


@pytest.fixture
def start_edge(environment: dict[str, str], inbox: Inbox) -> Iterator[StartEdge]:  # noqa: ARG001
    """Starts an edge with more environment variables; the topic exists."""
    with ExitStack() as stack:
        yield lambda **more: stack.enter_context(serve({**environment, **more}))


@pytest.fixture
def edge(start_edge: StartEdge) -> httpx.Client:
    return start_edge()
