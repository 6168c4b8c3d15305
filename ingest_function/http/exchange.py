"""One HTTP exchange, whatever server carries it."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import chain
from typing import Any

import orjson

from ingest_function.ids.randomness import RANDOMNESS

# Reads the whole body, but at most this many bytes.
BodyReader = Callable[[int], Awaitable[bytes]]
# The same without waiting: the whole body, if it is here already.
ArrivedBody = Callable[[int], bytes | None]
HeaderList = Sequence[tuple[str, str]]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class BodyTooLarge(Exception):  # noqa: N818 - a fact about the request
    """The body is longer than its reader takes."""


class ClientDisconnected(Exception):  # noqa: N818 - a fact about the client, not our fault
    """The client went away before it had sent its whole body."""


class Request:
    """What the client sent; header names are lower case, of a repeated one the last counts.

    `id` is the client's own request id where it is harmless, else a new one. `client` is the
    address of the connection's other end; `log_fields` collects what the request's line in the log
    says besides.
    """

    def __init__(
        self,
        method: str,
        path: str,
        headers: HeaderList,
        client: str,
        read: BodyReader,
        *,
        arrived: ArrivedBody = lambda _: None,
    ) -> None:
        self.method = method
        self.path = path
        self.header_list = headers
        self.headers = dict(headers)
        self.client = client
        self.log_fields: dict[str, Any] = {}
        self.id = _request_id(self.headers.get("x-request-id"))
        self._read = read
        self._arrived = arrived
        self._was_read = False

    @property
    def headers_size(self) -> int:
        """Bytes of names and values, repeated ones included."""
        return len("".join(chain.from_iterable(self.header_list)))

    @property
    def has_unread_body(self) -> bool:
        has_body = self.headers.get("content-length", "0") != "0" or (
            "transfer-encoding" in self.headers
        )
        return has_body and not self._was_read

    def arrived_body(self, max_bytes: int) -> bytes | None:
        """The body, if all of it is here: to wait for it costs more than to parse it."""
        body = self._arrived(max_bytes)
        if body is not None:
            self._was_read = True
        return body

    async def body(self, max_bytes: int) -> bytes:
        """The body, at most `max_bytes`.

        Raises:
            BodyTooLarge: as soon as more has arrived.
            ClientDisconnected: before the end.
        """
        body = await self._read(max_bytes)
        self._was_read = True
        return body


async def no_body(_max_bytes: int) -> bytes:
    return b""


def _request_id(given: str | None) -> str:
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return RANDOMNESS.take(16).hex()


@dataclass(slots=True)
class Response:
    """An answer; `summary` is what the log says about it."""

    status: HTTPStatus
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)


def json_response(
    status: HTTPStatus,
    document: object,
    *,
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
    summary: dict[str, Any] | None = None,
) -> Response:
    all_headers = {"content-type": media_type, **(headers or {})}
    return Response(status, orjson.dumps(document), all_headers, summary or {})
