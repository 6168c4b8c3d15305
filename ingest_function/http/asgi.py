"""An exchange over ASGI 3, for functions-framework and any other ASGI server."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from ingest_function.http.exchange import BodyTooLarge, ClientDisconnected, Request, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def request_of(scope: Scope, receive: Receive) -> Request:
    # ASGI decodes %2F in `path`; as sent, an encoded path is none of ours.
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw_path.partition(b"?")[0].decode("latin-1")
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    client = scope.get("client") or ("", 0)

    async def read(max_bytes: int) -> bytes:
        return await _read(receive, max_bytes)

    return Request(scope["method"], path, headers, client[0], read)


async def _read(receive: Receive, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunk = message.get("body", b"")
        max_bytes -= len(chunk)
        if max_bytes < 0:
            raise BodyTooLarge
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


class AsgiResponse:
    """A response as the ASGI application that sends it."""

    def __init__(self, response: Response) -> None:
        self._response = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        response = self._response
        headers = [
            (name.encode(), value.encode("latin-1")) for name, value in response.headers.items()
        ]
        if response.status is not HTTPStatus.NO_CONTENT:
            headers.append((b"content-length", b"%d" % len(response.body)))
        start = {"type": "http.response.start", "status": response.status.value}
        await send({**start, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.body", "body": body})
