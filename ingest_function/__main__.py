"""Serve the edge: the one command of the deployed service, `make run` and the benchmark.

    python -m ingest_function

`PORT` and `WEB_CONCURRENCY` (worker processes) are what Cloud Run and its buildpacks set; see
docs/edge.md. A SIGTERM drains and ends it.
"""

import argparse
import os

import uvicorn

from ingest_function.drain import FINISH_SECONDS
from ingest_function.http.connection import Connection
from ingest_function.settings import load_settings
from ingest_function.start import check_start, read_listener


def main() -> None:
    argparse.ArgumentParser(
        prog="python -m ingest_function",
        description="Serve the edge. It takes no options: docs/edge.md describes the environment "
        "variables that it reads.",
    ).parse_args()
    listener = read_listener(os.environ)
    check_start(load_settings())
    uvicorn.run(
        "ingest_function.service:load",
        factory=True,
        host=listener.host,
        port=listener.port,
        workers=listener.workers,
        http=Connection,
        lifespan="on",
        timeout_graceful_shutdown=FINISH_SECONDS,
        loop="uvloop",
        ws="none",
        proxy_headers=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
