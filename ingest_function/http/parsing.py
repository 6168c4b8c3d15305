"""Requests out of the bytes of one connection, parsed by llhttp (httptools)."""

import re
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import httptools

from ingest_function.http.body import MAX_BODY_BYTES
from ingest_function.http.exchange import BodyTooLarge, Request
from ingest_function.http.incoming import Incoming

# What parses as no request yet. The edge itself refuses much less, once it can read it.
MAX_HEAD_BYTES = 64 * 1024
# A body with what surrounds its chunks: tiny ones cost more than they bring.
MAX_UNFINISHED_BODY_BYTES = 2 * MAX_BODY_BYTES
_REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/")


class Parsed(NamedTuple):
    """A request whose headers are here; its body may be still on its way."""

    request: Request
    keeps_alive: bool


class RequestParser:
    """Bounds what it holds of requests that are not whole; llhttp calls what begins with `on_`.

    `client` is the address of the other end, and `ask` is called when a handler waits for a body
    that has not arrived.
    """

    def __init__(self, client: str, ask: Callable[[], None]) -> None:
        self.requests: deque[Parsed] = deque()
        self.body: Incoming | None = None  # of the last request, while it is not whole
        self.expects_continue = False
        self.refusal: HTTPStatus | None = None  # of what follows the requests
        self._client = client
        self._ask = ask
        self._llhttp = httptools.HttpRequestParser(self)
        self._is_over = False
        self._unfinished_bytes = 0  # since a head or a body was whole
        self._url = b""
        self._headers: list[tuple[str, str]] = []

    @property
    def wants_more(self) -> bool:
        """What comes could be used, or is thrown away; otherwise it can stay with the client."""
        is_full = self.body is not None and self.body.is_full
        return self._is_over or not (is_full or self.requests)

    def feed(self, data: bytes) -> None:
        if self._is_over:
            return
        self._unfinished_bytes += len(data)
        try:
            self._llhttp.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_over = True  # the request is answered as any other, and is the last
        except httptools.HttpParserInvalidMethodError:
            self._put_unknown_method(data)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)
        self._limit_unfinished_bytes()

    def stop(self) -> None:
        """Parse no more, and forget what was not answered yet."""
        self._is_over = True
        self.refusal = None
        self.requests.clear()

    def on_url(self, part: bytes) -> None:
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._unfinished_bytes = 0
        keeps_alive = self._llhttp.should_keep_alive() and not self._llhttp.should_upgrade()
        self._put(self._llhttp.get_method(), self._url, keeps_alive=keeps_alive)

    def on_body(self, chunk: bytes) -> None:
        assert self.body is not None
        self.body.put(chunk)

    def on_message_complete(self) -> None:
        self._unfinished_bytes = 0
        assert self.body is not None
        self.body.end()
        self.body = None
        self._url = b""
        self._headers = []

    def _put(self, method: bytes, url: bytes, *, keeps_alive: bool) -> None:
        self.body = body = Incoming(self._ask)
        headers, self._headers = self._headers, []  # what follows a chunked body is no header
        given = method.decode("latin-1"), _path(url), headers, self._client
        request = Request(*given, body.read, arrived=body.arrived)
        self.expects_continue = request.headers.get("expect", "").lower() == "100-continue"
        self.requests.append(Parsed(request, keeps_alive))

    def _put_unknown_method(self, data: bytes) -> None:
        """Let the edge explain which methods there are, unless this is no HTTP at all."""
        if found := _REQUEST_LINE.match(data):
            self._is_over = True
            self._put(*found.groups(), keeps_alive=False)
        else:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def _limit_unfinished_bytes(self) -> None:
        if self.body is not None:
            if self._unfinished_bytes > MAX_UNFINISHED_BODY_BYTES:
                self.body.fail(BodyTooLarge())
        elif self._unfinished_bytes > MAX_HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _refuse(self, status: HTTPStatus) -> None:
        self._is_over = True
        self.refusal = status


def _path(target: bytes) -> str:
    """As it was sent, of a target in origin or absolute form (RFC 9112 section 3.2)."""
    if not target.startswith(b"/"):
        target = b"/" + target.partition(b"://")[2].partition(b"/")[2]
    return target.partition(b"?")[0].decode("latin-1")
