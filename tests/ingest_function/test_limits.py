"""Each limit at its edge and one past it."""

import gzip
import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from ingest_function.edge import MAX_HEADER_BYTES
from ingest_function.events import MAX_EVENTS
from ingest_function.http import body as body_module
from ingest_function.http.body import MAX_BODY_BYTES
from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox

JSON = {"Content-Type": "application/json"}
GZIP = {**JSON, "Content-Encoding": "gzip"}


def padded_to(size: int) -> bytes:
    """A valid event; JSON may be followed by any amount of white space."""
    return json.dumps(event()).encode().ljust(size)


def in_chunks(body: bytes) -> Iterator[bytes]:
    """Sent without Content-Length."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 202), (MAX_BODY_BYTES + 1, 413)])
def test_a_body_may_have_one_mebibyte(edge: httpx.Client, size: int, status: int) -> None:
    declared = edge.post("/v1/events", content=padded_to(size), headers=JSON)
    chunked = edge.post("/v1/events", content=in_chunks(padded_to(size)), headers=JSON)
    assert [declared.status_code, chunked.status_code] == [status, status]


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 202), (MAX_BODY_BYTES + 1, 413)])
def test_a_gzipped_body_may_inflate_to_one_mebibyte(
    edge: httpx.Client, size: int, status: int
) -> None:
    response = edge.post("/v1/events", content=gzip.compress(padded_to(size)), headers=GZIP)
    assert response.status_code == status


def test_a_gzip_bomb_is_refused(edge: httpx.Client, inbox: Inbox) -> None:
    bomb = gzip.compress(bytes(100 * MAX_BODY_BYTES), compresslevel=9)
    assert len(bomb) < MAX_BODY_BYTES
    response = edge.post("/v1/events", content=bomb, headers=GZIP)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert inbox.messages() == []


@pytest.mark.parametrize(
    "body",
    [
        b"not gzip",
        gzip.compress(b"{}")[:-1],
        gzip.compress(b"{}") + b"trailing",
        gzip.compress(b"[") + gzip.compress(b"]"),
        b"",
    ],
    ids=["garbage", "truncated", "trailing", "two members", "empty"],
)
def test_a_malformed_gzip_body_is_refused(edge: httpx.Client, body: bytes) -> None:
    response = edge.post("/v1/events", content=body, headers=GZIP)
    assert (response.status_code, response.json()["code"]) == (400, "malformed_gzip")


def test_a_request_may_hold_500_events(edge: httpx.Client, inbox: Inbox) -> None:
    most = edge.post("/v1/events", json=[event()] * MAX_EVENTS)
    more = edge.post("/v1/events", json=[event()] * (MAX_EVENTS + 1))
    assert (most.status_code, len(most.json()["accepted"])) == (202, MAX_EVENTS)
    assert (more.status_code, more.json()["code"]) == (413, "too_many_events")
    assert len(inbox.messages()) == MAX_EVENTS


@pytest.mark.parametrize(("depth", "status"), [(100, 400), (60_000, 400), (100_000, 413)])
def test_deep_nesting_is_refused_without_harm(edge: httpx.Client, depth: int, status: int) -> None:
    response = edge.post("/v1/events", content=b"[" * depth + b"]" * depth, headers=JSON)
    assert response.status_code == status


def test_headers_may_have_16_kib(edge: httpx.Client) -> None:
    base = edge.build_request("GET", "/health").headers.raw
    room = MAX_HEADER_BYTES - sum(len(name) + len(value) for name, value in base) - len("x-fill")
    fits = edge.get("/health", headers={"X-Fill": "a" * room})
    over = edge.get("/health", headers={"X-Fill": "a" * (room + 1)})
    assert (fits.status_code, over.status_code) == (200, 431)
    assert over.json()["code"] == "headers_too_large"


def test_a_sender_that_stalls_is_timed_out(
    start_edge: StartEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_module, "READ_SECONDS", 0.2)
    edge = start_edge()
    address = (edge.base_url.host, edge.base_url.port or 0)
    with socket.create_connection(address, timeout=30) as client:
        client.sendall(
            b"POST /v1/events HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_client_that_leaves_mid_body_does_no_harm(edge: httpx.Client, inbox: Inbox) -> None:
    address = (edge.base_url.host, edge.base_url.port or 0)
    with socket.create_connection(address, timeout=30) as client:
        client.sendall(
            b"POST /v1/events HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
    assert edge.post("/v1/events", json=event()).status_code == 202
    assert len(inbox.messages()) == 1
