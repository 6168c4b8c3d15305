"""The edge as a Cloud Run function.

    python -m functions_framework --target ingest --source ingest_function/main.py

The deployed service runs `python -m ingest_function` instead, which serves the same for less CPU.
`edge.py` routes a request, `ingest.py` takes its events to Pub/Sub.
"""

import asyncio
from functools import cache

import functions_framework.aio
from starlette.requests import Request

from ingest_function.drain import drain_on_sigterm
from ingest_function.edge import Edge, open_edge
from ingest_function.http.asgi import AsgiResponse, request_of
from ingest_function.publish.pubsub import PubSub
from ingest_function.settings import load_settings
from ingest_function.start import check_start

_SETTINGS = load_settings()
check_start(_SETTINGS)


@cache
def _edge() -> Edge:
    """Opened by the first request: a gRPC channel survives no fork, and belongs to one loop."""
    edge = open_edge(_SETTINGS, PubSub(_SETTINGS))
    drain_on_sigterm(asyncio.get_running_loop(), edge)
    return edge


@functions_framework.aio.http  # type: ignore[arg-type]  # what is returned is sent as ASGI
async def ingest(request: Request) -> AsgiResponse:
    response = await _edge().answer(request_of(request.scope, request.receive))
    return AsgiResponse(response)
