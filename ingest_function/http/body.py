"""Read a request's JSON body within bounds of size, time and memory."""

import zlib
from http import HTTPStatus

from ingest_function.http.deadlines import Deadlines
from ingest_function.http.exchange import BodyTooLarge, ClientDisconnected, Request
from ingest_function.http.problem import Problem, ProblemCode, unavailable

MAX_BODY_BYTES = 1024 * 1024
READ_SECONDS = 10
# What all bodies on their way in may hold together: 64 of the largest.
MAX_READING_BYTES = 64 * MAX_BODY_BYTES
_GZIP = 16 + zlib.MAX_WBITS
# RFC 9110 section 8.4.1.3: x-gzip is gzip.
_ENCODINGS = {"": "", "identity": "", "gzip": "gzip", "x-gzip": "gzip"}


class BodyReader:
    """Reads bodies of concurrent requests; belongs to one event loop."""

    def __init__(self) -> None:
        self._deadlines = Deadlines(READ_SECONDS)
        self._reading_bytes = 0

    async def read(self, request: Request) -> bytes:
        """The decoded body, at most `MAX_BODY_BYTES` on the wire and decoded.

        Raises:
            Problem: 400, 408, 413, 415, or 503 when too many bodies are being read.
        """
        _check_media_type(request.headers.get("content-type", ""))
        encoding = _encoding(request)
        size = _announced_size(request)
        body = request.arrived_body(MAX_BODY_BYTES)
        if body is None:
            body = await self._wait(request, size)
        return _inflate(body) if encoding == "gzip" else body

    async def _wait(self, request: Request, size: int) -> bytes:
        if self._reading_bytes + size > MAX_READING_BYTES:
            raise unavailable(
                ProblemCode.OVERLOADED, "too many bodies are being read", retry_after=1
            )
        self._reading_bytes += size
        try:
            return await self._receive(request)
        finally:
            self._reading_bytes -= size

    async def _receive(self, request: Request) -> bytes:
        try:
            return await self._deadlines.limit(request.body(MAX_BODY_BYTES))
        except BodyTooLarge:
            raise _too_large() from None
        except TimeoutError:
            detail = f"the body must arrive within {READ_SECONDS} seconds"
            raise Problem(HTTPStatus.REQUEST_TIMEOUT, ProblemCode.BODY_TIMEOUT, detail) from None
        except ClientDisconnected:
            detail = "the connection closed before the end of the body"
            raise Problem(HTTPStatus.BAD_REQUEST, ProblemCode.INCOMPLETE_BODY, detail) from None


def _check_media_type(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        detail = "Content-Type must be application/json"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ProblemCode.UNSUPPORTED_MEDIA_TYPE, detail)


def _encoding(request: Request) -> str:
    given = request.headers.get("content-encoding", "").strip().lower()
    encoding = _ENCODINGS.get(given)
    if encoding is None:
        detail = "Content-Encoding must be gzip or absent"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ProblemCode.UNSUPPORTED_ENCODING, detail)
    return encoding


def _announced_size(request: Request) -> int:
    """`Content-Length`, or the limit where the client announces none."""
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return MAX_BODY_BYTES
    if len(length) > len(str(MAX_BODY_BYTES)) or int(length) > MAX_BODY_BYTES:
        raise _too_large()
    return int(length)


def _inflate(data: bytes) -> bytes:
    """Inflate one gzip member, never past the bound: a bomb costs no more than an honest body."""
    inflater = zlib.decompressobj(_GZIP)
    try:
        body = inflater.decompress(data, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise _malformed_gzip() from None
    if len(body) > MAX_BODY_BYTES:
        raise _too_large()
    if not inflater.eof or inflater.unused_data:
        raise _malformed_gzip()
    return body


def _too_large() -> Problem:
    detail = f"the body may have at most {MAX_BODY_BYTES} bytes, encoded and decoded"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ProblemCode.BODY_TOO_LARGE, detail)


def _malformed_gzip() -> Problem:
    detail = "the body must be exactly one gzip member"
    return Problem(HTTPStatus.BAD_REQUEST, ProblemCode.MALFORMED_GZIP, detail)
