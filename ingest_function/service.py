"""The edge as an RSGI application, which granian's workers load."""

import asyncio

from ingest_function.drain import drain_on_sigterm
from ingest_function.edge import Edge, open_edge
from ingest_function.http.rsgi import HttpProtocol, Scope, request_of, send
from ingest_function.publish.pubsub import PubSub
from ingest_function.settings import Settings, load_settings


class Service:
    """One worker's edge; granian calls the methods with two underscores."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._edge: Edge

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._open())
        drain_on_sigterm(loop, self._edge)

    async def __rsgi__(self, scope: Scope, protocol: HttpProtocol) -> None:
        response = await self._edge.answer(request_of(scope, protocol))
        send(response, scope.method, protocol)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._edge.close())

    async def _open(self) -> None:
        self._edge = open_edge(self._settings, PubSub(self._settings))


def load() -> Service:
    return Service(load_settings())
