"""An HTTP exchange over ASGI, so that every server hosts the edge without a framework's cost."""

import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any

import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = dict[bytes, bytes]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class BodyTooLarge(Exception):  # noqa: N818 - a fact about the request
    """The body is longer than its reader takes."""


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
        given = self.headers.get(b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            return given.decode()
        return os.urandom(16).hex()

    @property
    def headers_size(self) -> int:
        return sum(len(name) + len(value) for name, value in self.headers.items())

    async def body(self, max_bytes: int) -> bytes:
        """The body, at most `max_bytes`.

        Raises:
            BodyTooLarge: as soon as more has arrived.
            ClientDisconnected: before the end.
        """
        chunks: list[bytes] = []
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            chunk = message.get("body", b"")
            max_bytes -= len(chunk)
            if max_bytes < 0:
                raise BodyTooLarge
            chunks.append(chunk)
            more = message.get("more_body", False)
        return b"".join(chunks)


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
