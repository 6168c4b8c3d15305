"""API keys and origins."""

import httpx
import pytest

from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox

KEYS = "an-old-key-0123456789, a-new-key-0123456789"
ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


@pytest.fixture
def guarded(start_edge: StartEdge) -> httpx.Client:
    return start_edge(AUTH_MODE="api_key", API_KEYS=KEYS)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer an-old-key-0123456789"},
        {"authorization": "bearer a-new-key-0123456789"},
        {"X-API-Key": "a-new-key-0123456789"},
    ],
)
def test_any_of_the_keys_opens(guarded: httpx.Client, headers: dict[str, str]) -> None:
    assert guarded.post("/v1/events", json=event(), headers=headers).status_code == 202


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_credentials"),
        ({"Authorization": "Basic dTpw"}, "missing_credentials"),
        ({"Authorization": "Bearer"}, "missing_credentials"),
        ({"Authorization": "Bearer an-old-key-012345678"}, "invalid_api_key"),
        ({"Authorization": f"Bearer {KEYS}"}, "invalid_api_key"),
        ({"X-API-Key": "caf\u00e9"}, "invalid_api_key"),
    ],
)
def test_without_a_key_nothing_is_taken(
    guarded: httpx.Client, inbox: Inbox, headers: dict[str, str], code: str
) -> None:
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    response = guarded.post("/v1/events", json=event(), headers=raw)
    assert (response.status_code, response.json()["code"]) == (401, code)
    assert response.headers["www-authenticate"] == "Bearer"
    assert inbox.messages() == []


def test_a_key_may_be_bound_to_the_beginning_of_user_ids(start_edge: StartEdge) -> None:
    edge = start_edge(AUTH_MODE="api_key", API_KEYS="acme:acme-key-0123456789:acme-")
    headers = {"X-API-Key": "acme-key-0123456789"}
    own = edge.post("/v1/events", json=event(user_id="acme-anna"), headers=headers)
    foreign = edge.post("/v1/events", json=event(user_id="anna"), headers=headers)
    assert own.status_code == 202
    assert (foreign.status_code, foreign.json()["code"]) == (403, "subject_mismatch")


def test_health_needs_no_key(guarded: httpx.Client) -> None:
    assert guarded.get("/health").status_code == 200


@pytest.fixture
def cors_edge(start_edge: StartEdge) -> httpx.Client:
    return start_edge(ALLOWED_ORIGINS=f"{ORIGIN}, https://app.example")


def test_a_preflight_of_an_allowed_origin_says_what_may_be_sent(cors_edge: httpx.Client) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    response = cors_edge.options("/v1/events", headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-methods"] == "POST"
    assert "content-encoding" in response.headers["access-control-allow-headers"]
    assert int(response.headers["access-control-max-age"]) >= 7200
    assert "access-control-allow-credentials" not in response.headers


def test_an_allowed_origin_may_read_every_answer(cors_edge: httpx.Client) -> None:
    good = cors_edge.post("/v1/events", json=event(), headers={"Origin": ORIGIN})
    bad = cors_edge.post("/v1/events", json=[], headers={"Origin": ORIGIN})
    assert [good.status_code, bad.status_code] == [202, 400]
    assert good.headers["access-control-allow-origin"] == ORIGIN
    assert bad.headers["access-control-allow-origin"] == ORIGIN
    assert "retry-after" in bad.headers["access-control-expose-headers"]


def test_a_browser_may_read_that_a_path_is_wrong(cors_edge: httpx.Client) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    assert cors_edge.options("/v9/events", headers=headers).status_code == 204
    answer = cors_edge.post("/v9/events", json=event(), headers={"Origin": ORIGIN})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["access-control-allow-origin"] == ORIGIN


OTHER_ORIGINS = ["https://evil.example", "null", f"{ORIGIN}x", ORIGIN.upper(), "http://app.example"]


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
def test_another_origin_is_refused_and_may_read_why(
    cors_edge: httpx.Client, inbox: Inbox, origin: str
) -> None:
    response = cors_edge.post("/v1/events", json=event(), headers={"Origin": origin})
    assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")
    assert response.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-credentials" not in response.headers
    assert inbox.messages() == []


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
def test_a_preflight_of_another_origin_passes_so_that_it_may_read_its_refusal(
    cors_edge: httpx.Client, origin: str
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    response = cors_edge.options("/v1/events", headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("key", ["a-new-key-0123456789", "a-wrong-key-of-some-length", ""])
def test_a_refused_origin_learns_nothing_but_that(start_edge: StartEdge, key: str) -> None:
    edge = start_edge(AUTH_MODE="api_key", API_KEYS=KEYS, ALLOWED_ORIGINS=ORIGIN)
    headers = {"Origin": OTHER_ORIGINS[0], "X-API-Key": key}
    answers = [
        edge.post("/v1/events", json=event(), headers=headers),
        edge.post("/v1/events", content=b"{", headers=headers),
        edge.get("/health", headers=headers),
    ]
    assert len({answer.content for answer in answers}) == 1
    unknown = edge.get("/elsewhere", headers=headers)
    assert "access-control-allow-origin" not in unknown.headers


def test_a_client_that_is_no_browser_needs_no_origin(cors_edge: httpx.Client) -> None:
    assert cors_edge.post("/v1/events", json=event()).status_code == 202
