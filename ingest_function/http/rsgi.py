"""An exchange over RSGI, granian's own interface: no message per step, and no dictionaries.

https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from collections.abc import AsyncIterator
from typing import Protocol

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from ingest_function.http.exchange import (
    BodyTooLarge,
    ClientDisconnected,
    HeaderList,
    Request,
    Response,
)


class Headers(Protocol):
    def items(self) -> list[tuple[str, str]]: ...


class Scope(Protocol):
    """What granian hands over; `client` is `address:port`, `path` is percent-decoded."""

    method: str
    path: str
    client: str

    @property
    def headers(self) -> Headers: ...


class HttpProtocol(Protocol):
    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: HeaderList, body: bytes) -> None: ...
    def response_empty(self, status: int, headers: HeaderList) -> None: ...


def request_of(scope: Scope, protocol: HttpProtocol) -> Request:
    async def read(max_bytes: int) -> bytes:
        try:
            if "transfer-encoding" in request.headers:
                return await _read_chunks(protocol, max_bytes)
            # Content-Length bounds it, and was compared with the limit already.
            return await protocol()
        except ProtocolClosed:
            raise ClientDisconnected from None

    client = scope.client.rpartition(":")[0]
    request = Request(scope.method, scope.path, scope.headers.items(), client, read)
    return request


async def _read_chunks(protocol: HttpProtocol, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    async for chunk in protocol:
        max_bytes -= len(chunk)
        if max_bytes < 0:
            raise BodyTooLarge
        chunks.append(bytes(chunk))
    return b"".join(chunks)


def send(response: Response, method: str, protocol: HttpProtocol) -> None:
    headers = list(response.headers.items())
    if response.body and method != "HEAD":
        protocol.response_bytes(int(response.status), headers, response.body)
    else:
        protocol.response_empty(int(response.status), headers)
