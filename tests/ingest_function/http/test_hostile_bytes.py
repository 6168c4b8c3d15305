"""What a stranger sends to confuse the parser, or to make it hold much."""

import asyncio
import sys

import orjson
import pytest

from ingest_function.http.parsing import RequestParser
from tests.ingest_function.events import event
from tests.ingest_function.http.raw_http import (
    CHUNKED,
    HEALTH,
    JSON,
    answers,
    connected,
    exchange,
    post,
)
from tests.ingest_function.logs.log_lines import line_of


def told(url: str, sent: bytes) -> list[tuple[int, str]]:
    """Status and problem code of all answers until the server hangs up."""
    return [(answer.status, answer.code) for answer in answers(url, sent)]


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n",
        b"\r\n",
        b"-2\r\n{}\r\n0\r\n\r\n",
        b"+2\r\n{}\r\n0\r\n\r\n",
        b"0x2\r\n{}\r\n0\r\n\r\n",
        b"2 \r\n{}\r\n0\r\n\r\n",
        b"2\n{}\r\n0\r\n\r\n",
        b"2;a\nb\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}0\r\n\r\n",
        b"1\r\n{}\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n{}",
        b"2\r\n{}\r\n0\r\nno trailer\r\n\r\n",
        b"2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_a_body_that_is_badly_framed_is_refused_at_once(url: str, body: bytes) -> None:
    assert told(url, CHUNKED + body + HEALTH) == [(400, "malformed_request")]


@pytest.mark.parametrize("encoding", ["identity", "xchunked", '"chunked"', "chunked, identity"])
def test_an_unknown_transfer_encoding_is_refused_at_once(url: str, encoding: str) -> None:
    request = CHUNKED.replace(b"chunked", encoding.encode()) + b"2\r\n{}\r\n0\r\n\r\n" + HEALTH
    assert told(url, request) == [(400, "malformed_request")]


@pytest.mark.parametrize("behind", [b"FOO /health HTTP/1.1\r\nHost: edge\r\n\r\n", b"XYZ"])
def test_what_is_no_request_is_not_taken_for_the_one_before(url: str, behind: bytes) -> None:
    sent = post(orjson.dumps(event())) + behind
    assert told(url, sent) == [(202, ""), (400, "malformed_request")]


def test_a_client_of_http_1_0_that_would_stay_is_left(url: str) -> None:
    request = b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert told(url, request + HEALTH) == [(200, "")]


def test_a_client_of_http_1_0_gets_no_interim_answer(url: str) -> None:
    body = orjson.dumps(event())
    request = post(body, JSON, "Expect: 100-continue")
    head = request.removesuffix(body).replace(b"HTTP/1.1", b"HTTP/1.0")
    with connected(url) as client:
        client.sendall(head)
        client.sendall(body)
        assert client.recv(12) == b"HTTP/1.1 202"


def test_two_hosts_are_refused(url: str) -> None:
    answer = exchange(url, post(b"{}", "Host: another", JSON))
    assert (answer.status, answer.code) == (400, "repeated_header")


def test_what_is_no_request_has_a_request_id_and_a_line(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = exchange(url, b"\x16\x03\x01\x02\x00")
    line = line_of(answer.headers["x-request-id"], capfd)
    assert (answer.status, answer.code) == (400, "malformed_request")
    assert line["code"] == "malformed_request"


def test_a_fault_of_the_parser_itself_is_an_internal_error(
    url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(RequestParser, "on_header", broken)
    answer = exchange(url, HEALTH)
    assert (answer.status, answer.code, answer.is_closed) == (500, "internal_error", True)
    line = line_of(answer.headers["x-request-id"], capfd)
    assert line["exception_class"] == "LookupError"
    assert line["frames"][-1].endswith("broken")


def test_requests_nobody_waits_for_stay_bytes() -> None:
    parser = RequestParser("127.0.0.1", lambda: None)
    tiny = b"GET / HTTP/1.1\r\n\r\n"
    before = sys.getallocatedblocks()
    parser.feed(tiny * 10_000)
    assert sys.getallocatedblocks() - before < 10_000
    taken = 0
    while parser.take():
        taken += 1
    assert taken == 10_000


def test_a_body_in_tiny_chunks_takes_no_more_than_its_size() -> None:
    async def blocks() -> int:
        parser = RequestParser("127.0.0.1", lambda: None)
        parser.feed(CHUNKED)
        assert parser.take()
        before = sys.getallocatedblocks()
        parser.feed(b"2\r\n[]\r\n" * 20_000)
        return sys.getallocatedblocks() - before

    assert asyncio.run(blocks()) < 1000


def test_a_body_refused_for_its_framing_is_not_read_as_a_shorter_one() -> None:
    parser = RequestParser("127.0.0.1", lambda: None)
    parser.feed(CHUNKED)
    parsed = parser.take()
    assert parsed is not None
    parser.feed(b"1\r\n[\r\nzz")
    assert parsed.request.arrived_body(100) is None
