"""The function as a plain ASGI application, without a framework."""

from google.auth.exceptions import DefaultCredentialsError

from ingest_function.edge import Edge, open_edge
from ingest_function.http.asgi import AsgiResponse, Receive, Scope, Send, request_of
from ingest_function.publish.pubsub import PubSub
from ingest_function.settings import Settings


class Application:
    """ASGI 3; the lifespan opens the edge, and drains it when the server stops."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._edge: Edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            response = await self._edge.answer(request_of(scope, receive))
            await AsgiResponse(response)(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._edge = open_edge(self._settings, PubSub(self._settings))
        except DefaultCredentialsError as error:
            message = f"ingest_function: {error}"
            await send({"type": "lifespan.startup.failed", "message": message})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._edge.close()
        await send({"type": "lifespan.shutdown.complete"})
