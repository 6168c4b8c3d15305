"""The edge in memory, for tests: python -m aegis_micro --port 8080."""

import argparse
import os
import signal
import threading
from contextlib import ExitStack

from aegis_micro.micro import Micro
from ingest_function.settings import ConfigurationError
from schemas import SchemaFileError, versions

MAX_PORT = 65_535


def main() -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        SystemExit: an option or a version file is at fault, or the port is not to be had; with one
            line that says so.
    """
    options = parse_options()
    try:
        versions()  # a version file at fault stops the start, not the first request
        micro = Micro(
            port=options.port, api_key=options.api_key, allowed_origins=options.allowed_origin
        )
    except (ConfigurationError, SchemaFileError) as error:
        raise SystemExit(f"aegis-micro: {error}") from None
    with ExitStack() as stack:
        _start(stack, micro, options.port)
        _serve(micro)


def _start(stack: ExitStack, micro: Micro, port: int) -> None:
    try:
        stack.enter_context(micro)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        hint = "choose another with --port (make micro PORT=8081), or 0 for a free one"
        raise SystemExit(f"aegis-micro: port {port}: {reason}: {hint}") from None


def _serve(micro: Micro) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    print(f"aegis-micro takes events at {micro.endpoint()}", flush=True)
    print(f"and shows them at {micro.url}/micro/events and /micro/refused", flush=True)
    stop.wait()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m aegis_micro", description=__doc__)
    parser.add_argument(
        "--port", type=_port, default=8080, help="0 takes any that is free; default: 8080"
    )
    parser.add_argument("--api-key", default="", help="require this key, of 16 or more characters")
    parser.add_argument(
        "--allowed-origin",
        action="append",
        default=[],
        help="let this browser origin send; may be repeated",
    )
    return parser.parse_args()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= MAX_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 0 to {MAX_PORT}")
    return int(text)


if __name__ == "__main__":
    main()
