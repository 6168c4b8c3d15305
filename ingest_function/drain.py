"""An orderly end: after a SIGTERM no client that keeps its connection open loses a request."""

import asyncio
import os
import signal
import threading

from ingest_function.edge import Edge

# For this long clients are still served, and told with each answer to close. Then the server ends,
# which uvicorn does in order on a SIGINT. Cloud Run kills after 10 seconds:
# https://cloud.google.com/run/docs/container-contract#instance-shutdown
DRAIN_SECONDS = 1.0
# For this long the server then waits for connections; one whose client reads nothing would never
# end.
FINISH_SECONDS = 7


def drain_on_sigterm(loop: asyncio.AbstractEventLoop, edge: Edge) -> None:
    """Take the SIGTERM of this process from the server that hosts the edge.

    A server in another thread than the first, as in tests, has no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop.add_signal_handler(signal.SIGTERM, _drain, loop, edge)


def _drain(loop: asyncio.AbstractEventLoop, edge: Edge) -> None:
    # A service manager and the process above may both tell; a second SIGINT would drop requests.
    if edge.is_draining:
        return
    edge.is_draining = True
    loop.call_later(DRAIN_SECONDS, os.kill, os.getpid(), signal.SIGINT)
