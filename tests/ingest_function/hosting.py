"""The edge in this process on a free port, reached over real HTTP."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import uvicorn

from ingest_function.http.connection import Connection
from ingest_function.service import Service
from ingest_function.settings import read_settings

DEADLINE_SECONDS = 60


def least_environment(pubsub_host: str) -> dict[str, str]:
    """The least that the edge needs to start."""
    return {
        "GCP_PROJECT_ID": "aegis-local",
        "PUB_SUB_TOPIC_ID": "events",
        "PUBSUB_EMULATOR_HOST": pubsub_host,
        "AUTH_MODE": "none",
    }


@contextmanager
def serve(environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    """A client of an edge configured by `environment`, which is drained at the end."""
    config = uvicorn.Config(
        Service(read_settings(environment)),
        port=0,
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with httpx.Client(base_url=_address(server), timeout=DEADLINE_SECONDS) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def _address(server: uvicorn.Server) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    return f"http://{host}:{port}"
