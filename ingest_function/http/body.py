"""Read a request's JSON body within bounds of size and time."""

import asyncio
import zlib
from http import HTTPStatus

from ingest_function.http.asgi import BodyTooLarge, ClientDisconnected, Request
from ingest_function.http.problem import Problem, ProblemCode

MAX_BODY_BYTES = 1024 * 1024
READ_SECONDS = 10
_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request) -> bytes:
    """The decoded body, at most `MAX_BODY_BYTES` on the wire and decoded.

    Raises:
        Problem: 400, 408, 413 or 415.
    """
    _check_media_type(request.headers.get(b"content-type", b""))
    encoding = request.headers.get(b"content-encoding", b"identity").lower()
    if encoding not in (b"identity", b"gzip"):
        detail = "Content-Encoding must be gzip or absent"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ProblemCode.UNSUPPORTED_ENCODING, detail)
    body = await _receive(request)
    return _inflate(body) if encoding == b"gzip" else body


def _check_media_type(content_type: bytes) -> None:
    if content_type.partition(b";")[0].strip().lower() != b"application/json":
        detail = "Content-Type must be application/json"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ProblemCode.UNSUPPORTED_MEDIA_TYPE, detail)


async def _receive(request: Request) -> bytes:
    length = request.headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await request.body(MAX_BODY_BYTES)
    except BodyTooLarge:
        raise _too_large() from None
    except TimeoutError:
        detail = f"the body must arrive within {READ_SECONDS} seconds"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, ProblemCode.BODY_TIMEOUT, detail) from None
    except ClientDisconnected:
        detail = "the connection closed before the end of the body"
        raise Problem(HTTPStatus.BAD_REQUEST, ProblemCode.INCOMPLETE_BODY, detail) from None


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
