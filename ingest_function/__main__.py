"""Serve the edge: the one command of the deployed service, `make run` and the benchmark.

    python -m ingest_function

`PORT` and `WEB_CONCURRENCY` (worker processes) are what Cloud Run and its buildpacks set; see
docs/edge.md. A SIGTERM drains and ends it.
"""

import os

import uvicorn

from ingest_function.drain import FINISH_SECONDS
from ingest_function.http.connection import Connection
from ingest_function.settings import load_settings
from ingest_function.start import check_start


def main() -> None:
    check_start(load_settings())
    uvicorn.run(
        "ingest_function.service:load",
        factory=True,
        host=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104 - a container's own network
        port=int(os.environ.get("PORT", "8080")),
        workers=int(os.environ.get("WEB_CONCURRENCY", "1")),
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
