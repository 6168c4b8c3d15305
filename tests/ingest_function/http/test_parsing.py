"""Requests are the same however the network cuts their bytes."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest_function.http.parsing import RequestParser

STREAM = (
    b"POST /v1/events?a=b HTTP/1.1\r\nHost: edge\r\nContent-Length: 7\r\nX-A:  b\r\n\r\n[1,2,3]"
    b"GET /health HTTP/1.1\r\nHost: edge\r\n\r\n"
    b"POST /v1/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\n[4\r\n1;x=y\r\n]\r\n0\r\nX-Late: c\r\n\r\n"
)
REQUESTS = [
    ("POST", "/v1/events", [("host", "edge"), ("content-length", "7"), ("x-a", "b")], b"[1,2,3]"),
    ("GET", "/health", [("host", "edge")], b""),
    ("POST", "/v1/events", [("transfer-encoding", "chunked")], b"[4]"),
]


def cuts() -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, len(STREAM)), max_size=20).map(sorted)


def parts(places: list[int]) -> Iterator[bytes]:
    for start, end in pairwise([0, *places, len(STREAM)]):
        yield STREAM[start:end]


async def parsed(places: list[int]) -> list[tuple[str, str, object, bytes]]:
    parser = RequestParser("127.0.0.1", lambda: None)
    for part in parts(places):
        parser.feed(part)
    found: list[tuple[str, str, object, bytes]] = []
    while parsed := parser.take():
        parser.advance()
        request = parsed.request
        body = await request.body(100)
        found.append((request.method, request.path, request.header_list, body))
    return found


@given(cuts())
def test_requests_do_not_depend_on_where_their_bytes_are_cut(places: list[int]) -> None:
    assert asyncio.run(parsed(places)) == REQUESTS
