"""Requests byte by byte, for what no HTTP client sends."""

import json
import socket
from typing import Any, NamedTuple
from urllib.parse import urlsplit

SECONDS = 30


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    is_closed: bool

    @property
    def code(self) -> str:
        document: dict[str, Any] = json.loads(self.body)
        return str(document["code"])


def exchange(url: str, request: bytes) -> Answer:
    """Send `request` as it is and read one answer; then see whether the server hangs up."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as connection:
        connection.sendall(request)
        stream = connection.makefile("rb")
        status = int(stream.readline().split()[1])
        headers = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
        is_closed = headers.get("connection") == "close" and stream.read(1) == b""
        return Answer(status, headers, body, is_closed)


def post(
    body: bytes, *headers: str, announced: int | None = None, path: str = "/v1/events"
) -> bytes:
    length = len(body) if announced is None else announced
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: edge",
        f"Content-Length: {length}",
        *(headers or ["Content-Type: application/json"]),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
