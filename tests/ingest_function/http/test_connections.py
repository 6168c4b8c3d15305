"""What clients that keep to no rules get from the deployed server, and what becomes of them."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from local.pubsub.server import PubSubServer
from tests.ingest_function.events import event
from tests.ingest_function.hosting import hosted, least_environment
from tests.ingest_function.http.raw_http import JSON, exchange, post
from tests.ingest_function.inbox import Inbox

KEY = "a-key-of-at-least-16-characters"
BEARER = f"Authorization: Bearer {KEY}"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The deployed server, for all tests of the module."""
    with PubSubServer() as server:
        Inbox(server)
        keys = {"AUTH_MODE": "api_key", "API_KEYS": KEY}
        environment = least_environment(server.host) | keys
        folder: Path = tmp_path_factory.mktemp("service")
        with hosted("service", environment, folder) as (address, _):
            yield address


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (post(b"{", JSON, announced=10_000), 401, "missing_credentials"),
        (post(b"{", JSON, BEARER, announced=2**21), 413, "body_too_large"),
        (post(b"{", JSON, BEARER, announced=10**15), 413, "body_too_large"),
        (
            post(b"{", "Content-Type: text/xml", BEARER, announced=10_000),
            415,
            "unsupported_media_type",
        ),
        (post(b"{", JSON, announced=10_000, path="/elsewhere"), 404, "not_found"),
    ],
)
def test_an_early_refusal_reads_no_body_and_ends_the_connection(
    url: str, request_bytes: bytes, status: int, code: str
) -> None:
    answer = exchange(url, request_bytes)
    assert (answer.status, answer.code, answer.is_closed) == (status, code, True)


def test_a_chunked_body_is_not_read_past_the_limit(url: str) -> None:
    head = f"POST /v1/events HTTP/1.1\r\nHost: edge\r\n{JSON}\r\n{BEARER}\r\n".encode()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    answer = exchange(url, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 17)
    assert (answer.status, answer.code, answer.is_closed) == (413, "body_too_large", True)


@pytest.mark.parametrize(
    "repeated",
    [
        (BEARER, BEARER, JSON),
        (f"X-API-Key: {KEY}", "X-API-Key: another", JSON),
        (BEARER, JSON, "Content-Type: text/plain"),
        (BEARER, JSON, "Content-Encoding: gzip", "Content-Encoding: identity"),
        (BEARER, JSON, "Origin: https://a.example", "Origin: https://b.example"),
    ],
)
def test_a_header_that_decides_may_not_come_twice(url: str, repeated: tuple[str, ...]) -> None:
    answer = exchange(url, post(orjson.dumps(event()), *repeated))
    assert (answer.status, answer.code) == (400, "repeated_header")


def test_headers_that_repeat_count_each_time(url: str) -> None:
    many = [f"X-Same: {'x' * 1000}"] * 17
    answer = exchange(url, post(orjson.dumps(event()), JSON, BEARER, *many))
    assert (answer.status, answer.code) == (431, "headers_too_large")


@pytest.mark.parametrize("encoding", ["x-gzip", "GZIP"])
def test_each_name_of_gzip_is_understood(url: str, encoding: str) -> None:
    body = gzip.compress(orjson.dumps(event()))
    answer = exchange(url, post(body, JSON, BEARER, f"Content-Encoding: {encoding}"))
    assert answer.status == 202


def test_an_empty_content_encoding_is_none(url: str) -> None:
    answer = exchange(url, post(orjson.dumps(event()), JSON, BEARER, "Content-Encoding:"))
    assert answer.status == 202


@pytest.mark.parametrize("method", ["TRACE", "FOO", "PROPFIND"])
def test_an_unknown_method_is_a_problem_with_a_request_id(url: str, method: str) -> None:
    answer = exchange(url, f"{method} /v1/events HTTP/1.1\r\nHost: edge\r\n\r\n".encode())
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert len(answer.headers["x-request-id"]) == 32


def test_a_websocket_is_refused_as_any_request(url: str) -> None:
    upgrade = [
        "GET /v1/events HTTP/1.1",
        *("Host: edge", "Upgrade: websocket", "Connection: Upgrade"),
        *("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"),
    ]
    answer = exchange(url, "\r\n".join([*upgrade, "", ""]).encode())
    assert (answer.status, answer.code) == (405, "method_not_allowed")


def test_a_request_that_is_served_keeps_its_connection(url: str) -> None:
    answer = exchange(url, post(orjson.dumps(event()), JSON, BEARER))
    assert answer.status == 202
    assert "connection" not in answer.headers
