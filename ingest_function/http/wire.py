"""Responses as HTTP/1.1 sends them."""

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from ingest_function.http.exchange import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_CONTENT = HTTPStatus.NO_CONTENT  # a member of an enumeration is slow to find
_STATUS_LINES = {status: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


def response_bytes(response: Response, method: str, *, is_last: bool) -> bytes:
    """`is_last` tells the client that the connection ends with it."""
    fields = "".join([f"{name}: {value}\r\n" for name, value in response.headers.items()])
    if is_last and "connection" not in response.headers:
        fields += "connection: close\r\n"
    if response.status != _NO_CONTENT:  # RFC 9110 section 8.6
        fields += f"content-length: {len(response.body)}\r\n"
    head = f"{_STATUS_LINES[response.status]}date: {_date(int(time.time()))}\r\n{fields}\r\n"
    return head.encode("latin-1") + (b"" if method == "HEAD" else response.body)


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
