"""The Cloud Run function.

    python -m functions_framework --target ingest --source ingest_function/main.py

`edge.py` routes a request, `ingest.py` takes its events to Pub/Sub; `app.py` hosts the same on
any ASGI server.
"""

from functools import cache

import functions_framework.aio
from starlette.requests import Request

from ingest_function.edge import Edge, open_edge
from ingest_function.http.asgi import Response
from ingest_function.settings import load_settings

_SETTINGS = load_settings()


@cache
def _edge() -> Edge:
    """Opened by the first request: a gRPC channel survives no fork, and belongs to one loop."""
    return open_edge(_SETTINGS)


@functions_framework.aio.http  # type: ignore[arg-type]  # what is returned is sent as ASGI
async def ingest(request: Request) -> Response:
    return await _edge().answer(request.scope, request.receive)
