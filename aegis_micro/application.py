"""The edge as it is, with another publisher, and `/micro/…` beside it."""

from typing import Any
from urllib.parse import parse_qs

import orjson

from aegis_micro.control import Control
from aegis_micro.faults import Faults
from aegis_micro.memory_publisher import MemoryPublisher
from aegis_micro.received import Entry, Received
from ingest_function.edge import Edge
from ingest_function.events import split
from ingest_function.http.asgi import AsgiResponse, Receive, Scope, Send, request_of
from ingest_function.http.body import BodyReader
from ingest_function.http.exchange import Request, Response
from ingest_function.http.problem import Problem
from ingest_function.settings import Settings
from schemas import InvalidEvent, parse_json


class Application:
    """ASGI 3; `POST /v1/events?test_id=…` files a request's events under that id."""

    def __init__(self, settings: Settings) -> None:
        self._received = Received()
        self._test_ids: dict[str, str] = {}
        faults = Faults()
        publisher = MemoryPublisher(self._received, faults, self._test_ids)
        self._edge = Edge(settings, publisher)
        self._control = Control(self._received, faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = request_of(scope, receive)
        query = dict(parse_qs(scope["query_string"].decode("latin-1")))
        if request.path.startswith("/micro/"):
            response = await self._control.answer(request, query)
        else:
            response = await self._ingest(request, query.get("test_id", [""])[-1])
        await AsgiResponse(response)(scope, receive, send)

    async def _ingest(self, given: Request, test_id: str) -> Response:
        body = bytearray()

        async def read(max_bytes: int) -> bytes:
            body.extend(await given.body(max_bytes))
            return bytes(body)

        request = Request(given.method, given.path, given.header_list, given.client, read)
        # A message names its request and nothing of the test, so the publisher looks it up here.
        self._test_ids[request.id] = test_id
        try:
            response = await self._edge.answer(request)
        finally:
            del self._test_ids[request.id]
        if request.method == "POST":
            refused = await _refused(request, bytes(body), response)
            await self._received.add("refused", [Entry(test_id, each) for each in refused])
        return response


async def _refused(request: Request, body: bytes, response: Response) -> list[dict[str, Any]]:
    """What the answer refuses: elements of the request, or the whole of it."""
    answer = orjson.loads(response.body)
    documents = await _documents(request, body)
    same = {"request_id": request.id, "status": response.status.value}
    if "rejected" not in answer:
        error = {"code": answer["code"], "path": "", "message": answer["detail"]}
        return [{**same, "index": None, "event": _shown(documents), "errors": [error]}]
    return [
        {
            **same,
            "index": each["index"],
            "event": _shown((documents or [None])[each["index"]]),
            "errors": each["errors"],
        }
        for each in answer["rejected"]
    ]


async def _documents(request: Request, body: bytes) -> list[Any] | None:
    """The elements as the edge reads them; None where it cannot."""

    async def read(_max_bytes: int) -> bytes:
        return body

    again = Request(request.method, request.path, request.header_list, request.client, read)
    try:
        decoded = await BodyReader().read(again)
        return split(parse_json(decoded))
    except (Problem, InvalidEvent):
        return None


def _shown(document: object) -> object:
    """None for nesting beyond what JSON is written of (254 levels), which the edge refuses."""
    try:
        orjson.dumps(document)
    except orjson.JSONEncodeError:
        return None
    return document
