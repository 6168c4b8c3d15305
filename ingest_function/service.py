"""The edge as an RSGI application, which granian's workers load."""

import asyncio
import os
import signal

from ingest_function.edge import Edge, open_edge
from ingest_function.http.rsgi import HttpProtocol, Scope, request_of, send
from ingest_function.publish.pubsub import PubSub
from ingest_function.settings import Settings, load_settings

# After a SIGTERM the clients that keep connections open are served this long, and are told with
# each answer to close; then the server ends. Cloud Run kills after 10 seconds:
# https://cloud.google.com/run/docs/container-contract#instance-shutdown
DRAIN_SECONDS = 1.0


class Service:
    """One worker's edge; granian calls the methods with two underscores."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._edge: Edge

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._open())
        loop.add_signal_handler(signal.SIGTERM, self._drain, loop)

    async def __rsgi__(self, scope: Scope, protocol: HttpProtocol) -> None:
        response = await self._edge.answer(request_of(scope, protocol))
        send(response, scope.method, protocol)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._edge.close())

    async def _open(self) -> None:
        self._edge = open_edge(self._settings, PubSub(self._settings))

    def _drain(self, loop: asyncio.AbstractEventLoop) -> None:
        """On SIGTERM; granian's own orderly end begins with the SIGINT."""
        self._edge.is_draining = True
        loop.call_later(DRAIN_SECONDS, os.kill, os.getpid(), signal.SIGINT)


def load() -> Service:
    return Service(load_settings())
