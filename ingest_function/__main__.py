"""Serve the edge: the one command of the deployed service, `make run` and the benchmark.

    python -m ingest_function

`PORT` and `WEB_CONCURRENCY` (worker processes) are what Cloud Run and its buildpacks set; see
docs/edge.md. A SIGTERM drains and ends it.
"""

import os

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from ingest_function.credentials import check_credentials
from ingest_function.settings import load_settings

# For a request's headers, and between requests on a connection that is kept open.
HEADER_READ_MILLISECONDS = 30_000
# Bodies are read in pieces of this size; granian refuses headers that do not fit in one.
BUFFER_BYTES = 64 * 1024
# Connections of one worker, each of which may hold a body of 1 MiB.
MAX_CONNECTIONS = 256


def main() -> None:
    check_credentials(load_settings())
    server = Server(
        "ingest_function.service:load",
        factory=True,
        address=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104 - a container's own network
        port=int(os.environ.get("PORT", "8080")),
        interface=Interfaces.RSGI,
        workers=int(os.environ.get("WEB_CONCURRENCY", "1")),
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_READ_MILLISECONDS, max_buffer_size=BUFFER_BYTES
        ),
        websockets=False,
        backpressure=MAX_CONNECTIONS,
        log_level=LogLevels.warning,
    )
    server.serve()


if __name__ == "__main__":
    main()
