from collections.abc import Iterator

import pytest

from local.pubsub.server import PubSubServer
from tests.ingest_function.hosting import least_environment, serve
from tests.ingest_function.inbox import Inbox


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of an edge in this process, for all tests of a module."""
    with PubSubServer() as server:
        Inbox(server)
        with serve(least_environment(server.host)) as client:
            yield str(client.base_url)
