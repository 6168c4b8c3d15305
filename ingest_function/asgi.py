"""An HTTP exchange over ASGI, so that every server hosts the edge without a framework's cost."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any

import orjson

from ingest_function.uuid7 import uuid7

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = dict[bytes, bytes]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class ClientDisconnected(Exception):  # noqa: N818 - a fact about the client, not our fault
    """The client went away before it had sent its whole body."""


class Request:
    """What the client sent; header names are lower case, of a repeated one the last counts."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: Headers = dict(scope["headers"])
        self._receive = receive

    @cached_property
    def id(self) -> str:
        """The client's own request id where it is harmless, else a new one."""
        given = self.headers.get(b"x-request-id", b"")
        return given.decode() if _REQUEST_ID.fullmatch(given) else uuid7()

    @property
    def headers_size(self) -> int:
        return sum(len(name) + len(value) for name, value in self.headers.items())

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives.

        Raises:
            ClientDisconnected: before the end.
        """
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            yield message.get("body", b"")
            more = message.get("more_body", False)


@dataclass(slots=True)
class Response:
    """An answer, itself an ASGI application; `summary` is what the log says about it."""

    status: HTTPStatus
    document: Any = None
    headers: Headers = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        body = b"" if self.document is None else orjson.dumps(self.document)
        if body:
            self.headers.setdefault(b"content-type", b"application/json")
            self.headers[b"content-length"] = b"%d" % len(body)
        start = {"type": "http.response.start", "status": self.status.value}
        await send({**start, "headers": list(self.headers.items())})
        body = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": body})
