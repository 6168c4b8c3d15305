"""An in-memory Pub/Sub that speaks the real gRPC API, for machines without Google's emulator.

    python -m local.pubsub.server --port 0

It keeps no ordering, filters, push delivery or snapshots, and forgets everything when it ends.
"""

import argparse
import gc
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import grpc

from flex_template.command_line import port
from local.pubsub.faults import Faults
from local.pubsub.handlers import handlers
from local.pubsub.state import PubSubState

MAX_CALLS = 64  # each that waits for messages holds a thread
_OPTIONS = [
    ("grpc.so_reuseport", 0),  # otherwise two servers share a busy port in silence
    ("grpc.max_receive_message_length", 2 * 10_000_000),  # beyond Pub/Sub's own limit, to refuse it
]


class PubSubServer:
    """A server on 127.0.0.1, as a context manager; port 0 picks a free one.

    Raises:
        RuntimeError: the port is busy.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.faults = Faults()
        self.state = PubSubState()
        self._server: grpc.Server | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        executor = ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="pubsub")
        server = grpc.server(executor, handlers(self.state, self.faults), options=_OPTIONS)
        self.port = server.add_insecure_port(self.host)
        server.start()
        self._server = server

    def stop(self) -> None:
        """Cut every connection, calls in flight too; the port is free on return."""
        assert self._server is not None
        self._server.stop(grace=None).wait()
        self._server = None

    def restart(self, *, keep_state: bool = True) -> None:
        """Serve again on the same port; without `keep_state` nothing is remembered."""
        if self._server is not None:
            self.stop()
        if not keep_state:
            self.state = PubSubState()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self.stop()


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m local.pubsub.server",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--port", type=port, default=8085, help="0 picks a free port; default: 8085"
    )
    options = command.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        with PubSubServer(options.port) as server:
            gc.freeze()  # full collections of what is loaded would hold up messages
            print(f"pubsub listening on {server.host}", flush=True)
            ended.wait()
    except RuntimeError:
        sys.exit(f"port {options.port} is busy: choose another with --port")


if __name__ == "__main__":
    main()
