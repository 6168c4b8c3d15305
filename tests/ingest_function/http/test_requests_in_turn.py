"""How the edge reads HTTP/1.1 from a connection, and what it leaves unread."""

import socket

import orjson
import pytest

from ingest_function.http import connection as connections
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


def statuses(url: str, sent: bytes) -> list[int]:
    return [answer.status for answer in answers(url, sent)]


def test_requests_that_come_at_once_are_answered_in_turn(url: str) -> None:
    elsewhere = b"GET /elsewhere HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n"
    sent = HEALTH + post(orjson.dumps(event())) + HEALTH + elsewhere + HEALTH
    assert statuses(url, sent) == [200, 202, 200, 404]


def test_a_request_may_come_byte_by_byte(url: str) -> None:
    request = post(orjson.dumps(event()), JSON, "Connection: close")
    with connected(url) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request:
            client.send(bytes((byte,)))
        assert client.recv(12) == b"HTTP/1.1 202"


def test_what_follows_a_chunked_body_is_no_header(url: str) -> None:
    body = orjson.dumps(event())
    sent = CHUNKED + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\nX-Request-Id: late\r\n\r\n"
    answer = exchange(url, sent)
    assert answer.status == 202
    assert answer.headers["x-request-id"] != "late"


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(url: str) -> None:
    body = orjson.dumps(event())
    request = post(body, JSON, "Expect: 100-continue")
    with connected(url) as client:
        client.sendall(request.removesuffix(body))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert client.recv(12) == b"HTTP/1.1 202"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00", 400),
        (HEALTH.replace(b"HTTP/1.1", b"HTTP/one"), 400),
        (CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n") + b"{}", 400),
        (b"GET /health HTTP/1.1\r\nX-A: " + b"x" * 80_000, 431),
        (b"GET /" + b"x" * 80_000, 431),
        (CHUNKED + b"1\r\n \r\n" * 450_000, 413),
    ],
    ids=["TLS", "wrong version", "two lengths", "endless header", "endless path", "tiny chunks"],
)
def test_what_is_no_request_ends_the_connection(url: str, sent: bytes, status: int) -> None:
    assert statuses(url, sent) == [status]


@pytest.mark.parametrize("path", ["/v1/events?a=/health", "http://edge/v1/events"])
def test_a_path_is_found_in_each_form_of_a_target(url: str, path: str) -> None:
    assert exchange(url, post(orjson.dumps(event()), path=path)).status == 202


def test_an_encoded_path_is_none_of_ours(url: str) -> None:
    answer = exchange(url, post(b"{}", path="/v1%2Fevents"))
    assert (answer.status, answer.code) == (404, "not_found")


def test_a_client_of_http_1_0_is_answered_and_left(url: str) -> None:
    assert statuses(url, HEALTH.replace(b"1.1", b"1.0") + HEALTH) == [200]


def test_a_connection_too_many_is_told_to_come_later(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)
    with connected(url) as first:
        first.sendall(post(b"{", JSON, "Expect: 100-continue", announced=9))
        assert first.recv(12) == b"HTTP/1.1 100"
        answer = exchange(url, HEALTH)
    assert (answer.status, answer.code, answer.is_closed) == (503, "overloaded", True)
    assert answer.headers["retry-after"] == "1"


def test_a_client_that_hangs_up_in_its_body_leaves_a_line(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with connected(url) as client:
        head = (JSON, "X-Request-Id: hangs-up")
        client.sendall(post(b"{", *head, announced=100))
    assert line_of("hangs-up", capfd)["code"] == "incomplete_body"


def test_who_reads_no_answers_is_asked_no_more(url: str) -> None:
    with connected(url) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.sendall(HEALTH * 500_000)
