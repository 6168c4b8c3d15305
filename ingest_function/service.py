"""One worker of the deployed service: what uvicorn starts, and ends in order."""

import asyncio

from google.auth.exceptions import DefaultCredentialsError

from ingest_function.drain import drain_on_sigterm
from ingest_function.edge import open_edge
from ingest_function.http.asgi import Receive, Scope, Send
from ingest_function.http.connection import Worker
from ingest_function.publish.pubsub import PubSub
from ingest_function.settings import Settings, load_settings

# For a request's headers, and between requests on a connection that is kept open.
HEADER_READ_SECONDS = 30.0


class Service:
    """An ASGI application of the lifespan alone: requests go from `Connection` to the edge."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            edge = open_edge(self._settings, PubSub(self._settings))
        except DefaultCredentialsError as error:
            message = f"ingest_function: {error}"
            await send({"type": "lifespan.startup.failed", "message": message})
            return
        drain_on_sigterm(asyncio.get_running_loop(), edge)
        scope["state"]["worker"] = Worker(edge, HEADER_READ_SECONDS)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await edge.close()
        await send({"type": "lifespan.shutdown.complete"})


def load() -> Service:
    return Service(load_settings())
