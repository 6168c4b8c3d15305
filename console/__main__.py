"""Serve the console: the one command of its image and of `make dev`.

    python -m console

`HOST` and `PORT` say where; docs/console.md has the other settings.
"""

import os

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from console.app import create_app

# Each waits for BigQuery most of its time, so there are more than cores; granian would warn of it.
THREADS = 8


def main() -> None:
    create_app()  # wrong settings end it here with one line, and not in a worker again and again
    server = Server(
        "console.app:create_app",
        factory=True,
        address=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104 - a container's own network
        port=int(os.environ.get("PORT", "8080")),
        interface=Interfaces.WSGI,
        workers=1,  # it knows the replays that it started
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    )
    server.serve()


if __name__ == "__main__":
    main()
