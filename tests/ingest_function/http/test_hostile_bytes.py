"""What a stranger sends to confuse the parser, or to make it hold much."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from ingest_function.http.parsing import RequestParser
from local.pubsub.server import PubSubServer
from tests.ingest_function.events import event
from tests.ingest_function.hosting import serve
from tests.ingest_function.http.raw_http import SECONDS, Answer, exchange, post
from tests.ingest_function.inbox import Inbox
from tests.ingest_function.logs.log_lines import log_lines

HEALTH = b"GET /health HTTP/1.1\r\nHost: edge\r\n\r\n"
CHUNKED = (
    b"POST /v1/events HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with PubSubServer() as server:
        Inbox(server)
        environment = {
            "GCP_PROJECT_ID": "aegis-local",
            "PUB_SUB_TOPIC_ID": "events",
            "PUBSUB_EMULATOR_HOST": server.host,
            "AUTH_MODE": "none",
        }
        with serve(environment) as client:
            yield str(client.base_url)


def answers(url: str, sent: bytes) -> list[tuple[int, str]]:
    """Status and problem code of all answers until the server hangs up."""
    host, _, port = url.rpartition("/")[2].rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as client:
        client.sendall(sent)
        received = client.makefile("rb").read()
    found = []
    for answer in received.split(b"HTTP/1.1 ")[1:]:
        body = answer.partition(b"\r\n\r\n")[2]
        found.append((int(answer[:3]), orjson.loads(body).get("code", "")))
    return found


def line_of(answer: Answer, capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The line in the log that has the answer's request id."""
    request_id = answer.headers["x-request-id"]
    lines: list[dict[str, Any]] = []
    while not lines:
        lines = [line for line in log_lines(capfd) if line["request_id"] == request_id]
    return lines[0]


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
    assert answers(url, CHUNKED + body + HEALTH) == [(400, "malformed_request")]


@pytest.mark.parametrize("encoding", ["identity", "xchunked", '"chunked"', "chunked, identity"])
def test_an_unknown_transfer_encoding_is_refused_at_once(url: str, encoding: str) -> None:
    request = CHUNKED.replace(b"chunked", encoding.encode()) + b"2\r\n{}\r\n0\r\n\r\n" + HEALTH
    assert answers(url, request) == [(400, "malformed_request")]


@pytest.mark.parametrize("behind", [b"FOO /health HTTP/1.1\r\nHost: edge\r\n\r\n", b"XYZ"])
def test_what_is_no_request_is_not_taken_for_the_one_before(url: str, behind: bytes) -> None:
    sent = post(orjson.dumps(event())) + behind
    assert answers(url, sent) == [(202, ""), (400, "malformed_request")]


def test_a_client_of_http_1_0_that_would_stay_is_left(url: str) -> None:
    request = b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert answers(url, request + HEALTH) == [(200, "")]


def test_a_client_of_http_1_0_gets_no_interim_answer(url: str) -> None:
    body = orjson.dumps(event())
    request = post(body, "Content-Type: application/json", "Expect: 100-continue")
    head = request.removesuffix(body).replace(b"HTTP/1.1", b"HTTP/1.0")
    host, _, port = url.rpartition("/")[2].rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as client:
        client.sendall(head)
        client.sendall(body)
        assert client.recv(12) == b"HTTP/1.1 202"


def test_two_hosts_are_refused(url: str) -> None:
    answer = exchange(url, post(b"{}", "Host: another", "Content-Type: application/json"))
    assert (answer.status, answer.code) == (400, "repeated_header")


def test_what_is_no_request_has_a_request_id_and_a_line(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = exchange(url, b"\x16\x03\x01\x02\x00")
    line = line_of(answer, capfd)
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
    line = line_of(answer, capfd)
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
