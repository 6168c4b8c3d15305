"""However a client ends or holds a connection, others are served and the server can end."""

import os
import signal
import subprocess

import httpx
import orjson
import pytest

from ingest_function.edge import Edge
from ingest_function.http import connection as connections
from local.process import accepts
from tests.ingest_function.events import event
from tests.ingest_function.hosting import started
from tests.ingest_function.http.raw_http import (
    HEALTH,
    JSON,
    SECONDS,
    answers,
    connected,
    exchange,
    post,
)
from tests.ingest_function.inbox import Inbox


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (post(orjson.dumps(event())), [202]),
        (HEALTH + post(orjson.dumps(event())) + HEALTH * 500, [200, 202, *[200] * 500]),
        (HEALTH + post(b"{", JSON, announced=100), [200, 400]),
        (HEALTH + b"GET /hea", [200]),
    ],
    ids=["one", "many", "half a body", "half a header"],
)
def test_a_client_that_sends_no_more_is_answered_what_it_sent(
    url: str, sent: bytes, statuses: list[int]
) -> None:
    assert [answer.status for answer in answers(url, sent, is_all=True)] == statuses


def test_a_connection_without_a_request_makes_room_for_another(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)
    with connected(url) as idle:
        idle.sendall(HEALTH)
        assert idle.recv(12) == b"HTTP/1.1 200"
        assert exchange(url, HEALTH).status == 200


def test_a_fault_while_a_request_is_answered_leaves_no_connection_open(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(Edge, "_write_log", broken)
    with connected(url) as client:
        client.sendall(HEALTH)
        assert client.recv(1) == b""


def test_two_sigterms_drop_no_request(environment: dict[str, str], inbox: Inbox) -> None:
    body = orjson.dumps(event())
    with started(environment, "-m", "ingest_function") as program:
        with connected(program.url) as client:
            client.sendall(post(body, JSON, "Expect: 100-continue").removesuffix(body))
            assert client.recv(100).startswith(b"HTTP/1.1 100")
            for _ in range(2):
                os.kill(program.process.pid, signal.SIGTERM)
                httpx.get(f"{program.url}/health")
            while accepts(program.port):
                pass
            with pytest.raises(subprocess.TimeoutExpired):
                program.process.wait(0.5)
            client.sendall(body)
            assert client.recv(12) == b"HTTP/1.1 202"
        program.process.wait(SECONDS)
    assert len(inbox.messages()) == 1


def test_a_request_that_a_sigint_meets_is_the_last_of_its_connection(
    environment: dict[str, str], inbox: Inbox
) -> None:
    body = orjson.dumps(event())
    with started(environment, "-m", "ingest_function") as program:
        with connected(program.url) as client:
            client.sendall(post(body, JSON, "Expect: 100-continue").removesuffix(body))
            assert client.recv(100).startswith(b"HTTP/1.1 100")
            os.kill(program.process.pid, signal.SIGINT)
            while accepts(program.port):
                pass
            client.sendall(body)
            assert b"connection: close" in client.makefile("rb").read()
        program.process.wait(SECONDS)
    assert len(inbox.messages()) == 1
