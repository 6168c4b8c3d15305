"""Requests out of the bytes of one connection, parsed by llhttp (httptools)."""

import re
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import httptools

from ingest_function.http.body import MAX_BODY_BYTES
from ingest_function.http.exchange import BodyTooLarge, ClientDisconnected, Request
from ingest_function.http.incoming import Incoming
from ingest_function.http.problem import Problem, ProblemCode, headers_too_large, internal_error

# What parses as no request yet. The edge itself refuses much less, once it can read it.
MAX_HEAD_BYTES = 64 * 1024
# A body with what surrounds its chunks: tiny ones cost more than they bring.
MAX_UNFINISHED_BODY_BYTES = MAX_BODY_BYTES + 256 * 1024
# Parsed at once. A request of 18 bytes takes two kilobytes when it is parsed, so those that a
# client sends without waiting for answers stay bytes until it is nearly their turn.
SLICE_BYTES = 4096
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
        self.body: Incoming | None = None  # of the last request, while it is not whole
        self.expects_continue = False
        self.has_ended = False  # the client sends no more
        self.refusal: Problem | None = None  # of what follows the requests
        self._client = client
        self._ask = ask
        self._llhttp = httptools.HttpRequestParser(self)
        self._requests: deque[Parsed] = deque()
        self._unparsed: bytes | memoryview = b""
        self._is_over = False
        self._unfinished_bytes = 0  # since a head or a body was whole
        self._url = b""
        self._headers: list[tuple[str, str]] = []

    @property
    def wants_more(self) -> bool:
        """What comes could be used, or is thrown away; otherwise it can stay with the client."""
        is_full = self.body is not None and self.body.is_full
        return self._is_over or not (is_full or self._requests)

    def feed(self, data: bytes) -> None:
        """Take what the client sent."""
        data = bytes(self._unparsed) + data if self._unparsed else data
        self._unparsed = data if len(data) <= SLICE_BYTES else memoryview(data)
        self.advance()

    def take(self) -> Parsed | None:
        """The next request."""
        self.advance()
        return self._requests.popleft() if self._requests else None

    def advance(self) -> None:
        """Parse what is here, until a request waits for its turn or a body is full."""
        while self._unparsed and self.wants_more:
            part, self._unparsed = self._unparsed[:SLICE_BYTES], self._unparsed[SLICE_BYTES:]
            if not self._is_over:
                self._parse(part)
        if self.has_ended and self.body is not None and not self._unparsed:
            self.body.fail(ClientDisconnected())

    def end(self) -> None:
        """The client sends no more."""
        self.has_ended = True
        self.advance()

    def stop(self) -> None:
        """Parse no more, and forget what was not answered yet."""
        self._is_over = True
        self._unparsed = b""
        self.refusal = None
        self._requests.clear()

    def on_url(self, part: bytes) -> None:
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._unfinished_bytes = 0
        llhttp = self._llhttp
        is_current = llhttp.get_http_version() == "1.1"  # an older one knows no 100, no keeping
        keeps_alive = is_current and llhttp.should_keep_alive() and not llhttp.should_upgrade()
        request = self._put(llhttp.get_method(), self._url, keeps_alive=keeps_alive)
        expects = request.headers.get("expect", "")
        self.expects_continue = is_current and expects.lower() == "100-continue"

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

    def _parse(self, part: bytes | memoryview) -> None:
        self._unfinished_bytes += len(part)
        try:
            self._llhttp.feed_data(part)
        except httptools.HttpParserUpgrade:
            self._is_over = True  # the request is answered as any other, and is the last
        except httptools.HttpParserCallbackError as error:
            self._refuse(internal_error(error.__context__ or error))
        except httptools.HttpParserInvalidMethodError:
            self._put_unknown_method(part)
        except httptools.HttpParserError:
            self._refuse(_malformed())
        self._limit_unfinished_bytes()

    def _put(self, method: bytes, url: bytes, *, keeps_alive: bool) -> Request:
        self.body = body = Incoming(self._ask)
        headers, self._headers = self._headers, []  # trailers of a chunked body are dropped
        given = method.decode("latin-1"), _path(url), headers, self._client
        request = Request(*given, body.read, arrived=body.arrived)
        self._requests.append(Parsed(request, keeps_alive))
        return request

    def _put_unknown_method(self, part: bytes | memoryview) -> None:
        """Let the edge explain which methods there are, unless this is not HTTP at all."""
        begins_here = self._unfinished_bytes == len(part)
        if begins_here and (found := _REQUEST_LINE.match(part)):
            self._is_over = True
            self._put(*found.groups(), keeps_alive=False)
        else:
            self._refuse(_malformed())

    def _limit_unfinished_bytes(self) -> None:
        if self.body is not None:
            if self._unfinished_bytes > MAX_UNFINISHED_BODY_BYTES:
                self.body.fail(BodyTooLarge())
        elif self._unfinished_bytes > MAX_HEAD_BYTES:
            self._refuse(headers_too_large(MAX_HEAD_BYTES))

    def _refuse(self, problem: Problem) -> None:
        """Nothing that follows can be told apart: it answers the request whose body this is."""
        self._is_over = True
        if self.body is not None:
            self.body.fail(problem)
        self.refusal = problem


def _malformed() -> Problem:
    detail = "this is not an HTTP/1.1 request"
    return Problem(HTTPStatus.BAD_REQUEST, ProblemCode.MALFORMED_REQUEST, detail)


def _path(target: bytes) -> str:
    """As it was sent, of a target in origin or absolute form (RFC 9112 section 3.2)."""
    if not target.startswith(b"/"):
        target = b"/" + target.partition(b"://")[2].partition(b"/")[2]
    return target.partition(b"?")[0].decode("latin-1")
