"""Requests byte by byte, for what no HTTP client sends."""

import json
import socket
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

SECONDS = 30
JSON = "Content-Type: application/json"
HEALTH = b"GET /health HTTP/1.1\r\nHost: edge\r\n\r\n"
CHUNKED = (
    b"POST /v1/events HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    is_closed: bool

    @property
    def code(self) -> str:
        document: dict[str, Any] = json.loads(self.body)
        return str(document.get("code", ""))


def connected(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=SECONDS)


def exchange(url: str, request: bytes) -> Answer:
    """Send `request` as it is and read one answer; then see whether the server hangs up."""
    with connected(url) as connection:
        connection.sendall(request)
        stream = connection.makefile("rb")
        answer = _read(stream, stream.readline())
        return answer._replace(is_closed=answer.is_closed and stream.read(1) == b"")


def answers(url: str, sent: bytes, *, is_all: bool = False) -> list[Answer]:
    """All answers until the server hangs up; the client says that it has sent all, or does not."""
    with connected(url) as connection:
        connection.sendall(sent)
        if is_all:
            connection.shutdown(socket.SHUT_WR)
        stream = connection.makefile("rb")
        return [_read(stream, line) for line in iter(stream.readline, b"")]


def _read(stream: BinaryIO, status_line: bytes) -> Answer:
    headers = {}
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    says_close = headers.get("connection") == "close"
    return Answer(int(status_line.split()[1]), headers, body, says_close)


def post(
    body: bytes, *headers: str, announced: int | None = None, path: str = "/v1/events"
) -> bytes:
    length = len(body) if announced is None else announced
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: edge",
        f"Content-Length: {length}",
        *(headers or [JSON]),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
