"""Serve the console: the one command of its image and of `make dev`.

    python -m console

`HOST` and `PORT` say where; docs/console.md has the other settings.
"""

import argparse
import os
import socket
from collections.abc import Mapping

from flex_template.start import command_imports

with command_imports(__name__):
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from console.app import create_app
    from flex_template.command_line import MAX_PORT, is_port

# Each waits for BigQuery most of its time, so there are more than cores; granian would warn of it.
THREADS = 8


def main() -> None:
    argparse.ArgumentParser(
        prog="python -m console",
        description="Serve the console. It takes no options: docs/console.md describes the "
        "environment variables that it reads.",
    ).parse_args()
    host, port = read_address(os.environ)
    create_app()  # wrong settings end it here with one line, and not in a worker again and again
    server = Server(
        "console.app:create_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,  # it knows the replays that it started
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    )
    _check_free(host, port)  # granian would answer a busy one with a backtrace of Rust
    server.serve()


def read_address(environment: Mapping[str, str]) -> tuple[str, int]:
    """`HOST` and `PORT`.

    Raises:
        SystemExit: the port is not a number in its range.
    """
    port = environment.get("PORT", "8080")
    if not is_port(port):
        raise SystemExit(f"console: PORT must be a number from 0 to {MAX_PORT}")
    return environment.get("HOST", "0.0.0.0"), int(port)  # noqa: S104 - a container's own network


def _check_free(host: str, port: int) -> None:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SystemExit(f"console: {host}:{port}: {error.strerror}") from None


if __name__ == "__main__":
    main()
