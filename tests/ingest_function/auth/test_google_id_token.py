"""Google ID tokens, signed with keys of our own."""

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from ingest_function.auth import certificates as certificates_module
from ingest_function.auth import fetch
from tests.ingest_function.auth.signing import (
    AUDIENCE,
    CertificateServer,
    SigningKey,
    serve_certificates,
)
from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey("key-1")


@pytest.fixture(scope="module")
def stranger() -> SigningKey:
    """Another's key under a name of Google's."""
    return SigningKey("key-1")


@pytest.fixture
def google(key: SigningKey) -> Iterator[CertificateServer]:
    with serve_certificates(key) as server:
        yield server


@pytest.fixture
def guarded(start_edge: StartEdge, google: CertificateServer) -> httpx.Client:
    return start_edge(
        AUTH_MODE="google_id_token",
        GOOGLE_ID_TOKEN_AUDIENCE=AUDIENCE,
        GOOGLE_CERTS_URL=google.url,
    )


def post(edge: httpx.Client, token: str, **fields: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return edge.post("/v1/events", json=[event(**fields)], headers=headers)


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def unsigned(**header: str) -> str:
    claims = {"iss": "accounts.google.com", "aud": AUDIENCE, "sub": "user-1"}
    parts = [header, {**claims, "iat": int(time.time()), "exp": int(time.time()) + 60}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts]
    return b".".join([*encoded, b""]).decode().replace("=", "")


def test_a_good_token_opens_for_the_events_of_its_subject(
    guarded: httpx.Client, key: SigningKey, inbox: Inbox
) -> None:
    assert post(guarded, key.token(sub="anna"), user_id="anna").status_code == 202
    assert inbox.events()[0]["user_id"] == "anna"


def test_another_users_events_are_forbidden(
    guarded: httpx.Client, key: SigningKey, inbox: Inbox
) -> None:
    response = post(guarded, key.token(sub="anna"), user_id="bert")
    assert refusal(response) == (403, "subject_mismatch")
    assert inbox.messages() == []


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": 1_600_000_000}, "expired_token"),
        ({"iat": 4_000_000_000, "exp": 4_000_000_100}, "invalid_token"),
        ({"aud": "https://other.example"}, "wrong_audience"),
        ({"aud": [AUDIENCE]}, "wrong_audience"),
        ({"iss": "https://accounts.example"}, "wrong_issuer"),
        ({"sub": None}, "invalid_token"),
    ],
)
def test_a_token_with_a_wrong_claim_has_its_code(
    guarded: httpx.Client, key: SigningKey, inbox: Inbox, claims: dict[str, object], code: str
) -> None:
    assert refusal(post(guarded, key.token(**claims))) == (401, code)
    assert inbox.messages() == []


def test_a_token_signed_by_another_is_refused(guarded: httpx.Client, stranger: SigningKey) -> None:
    assert refusal(post(guarded, stranger.token())) == (401, "invalid_token")


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "ES256", ""])
def test_an_algorithm_that_is_not_googles_is_refused(guarded: httpx.Client, algorithm: str) -> None:
    token = unsigned(alg=algorithm, kid="key-1")
    assert refusal(post(guarded, token)) == (401, "unsupported_algorithm")


@pytest.mark.parametrize(
    "token", ["a", "a.b", "a.b.c", "..", "e30.e30.", "bnVsbA.bnVsbA.", "\u00ff.\u00ff.\u00ff"]
)
def test_what_is_no_token_is_refused(guarded: httpx.Client, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode("latin-1")}
    response = guarded.post("/v1/events", json=event(), headers=headers)
    assert response.status_code == 401
    assert response.json()["code"] in ("invalid_token", "unsupported_algorithm")


def test_certificates_are_fetched_once_for_many_requests(
    guarded: httpx.Client, key: SigningKey, google: CertificateServer
) -> None:
    google.delay = 0.2
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(guarded, key.token()), range(32)))
    assert {answer.status_code for answer in answers} == {202}
    assert google.requests == 1


def test_a_slow_certificate_server_holds_up_no_other_request(
    guarded: httpx.Client, key: SigningKey, google: CertificateServer
) -> None:
    google.delay = 2
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, guarded, key.token())
        while google.requests == 0:
            time.sleep(0.01)
        assert guarded.get("/health").status_code == 200
        assert not waiting.done()
        assert waiting.result().status_code == 202


def test_a_new_key_is_fetched_but_unknown_ones_cause_no_flood(
    guarded: httpx.Client,
    key: SigningKey,
    google: CertificateServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificates_module, "MIN_PAUSE_SECONDS", 0)
    assert post(guarded, key.token()).status_code == 202
    rotated = SigningKey("key-2")
    google.keys.append(rotated)
    monkeypatch.undo()
    assert post(guarded, rotated.token()).status_code == 202
    for name in "abc":
        assert refusal(post(guarded, unsigned(alg="RS256", kid=name))) == (401, "invalid_token")
    assert google.requests == 2


@pytest.mark.parametrize("broken", [(500, b""), (200, b"<html>Sign in</html>")])
def test_known_keys_outlast_a_broken_certificate_server(
    guarded: httpx.Client,
    key: SigningKey,
    google: CertificateServer,
    monkeypatch: pytest.MonkeyPatch,
    broken: tuple[int, bytes],
) -> None:
    monkeypatch.setattr(certificates_module, "MIN_PAUSE_SECONDS", 0)
    monkeypatch.setattr(fetch, "_max_age", lambda _: 0)
    assert post(guarded, key.token()).status_code == 202
    google.status, google.body = broken
    assert post(guarded, key.token()).status_code == 202
    assert google.requests == 2


def test_without_certificates_the_client_is_asked_to_come_back(
    guarded: httpx.Client, key: SigningKey, google: CertificateServer
) -> None:
    google.status = 500
    response = post(guarded, key.token())
    assert refusal(response) == (503, "certificates_unavailable")
    assert response.headers["retry-after"] == "10"


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"1", b"{}", b'{"key-1": 1}', b"\xff"])
def test_a_server_that_answers_nonsense_is_asked_once_in_a_while(
    guarded: httpx.Client, key: SigningKey, google: CertificateServer, body: bytes
) -> None:
    google.body = body
    answers = [refusal(post(guarded, key.token())) for _ in range(3)]
    assert answers == [(503, "certificates_unavailable")] * 3
    assert google.requests == 1


def test_a_server_that_trickles_is_given_up(
    guarded: httpx.Client,
    key: SigningKey,
    google: CertificateServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetch, "FETCH_SECONDS", 0.2)
    google.pause_between_bytes = 0.05
    assert refusal(post(guarded, key.token())) == (503, "certificates_unavailable")


def test_a_token_with_a_nested_header_is_no_jwt(guarded: httpx.Client) -> None:
    header = base64.urlsafe_b64encode(b"[" * 3000 + b"]" * 3000).decode().rstrip("=")
    assert refusal(post(guarded, f"{header}.e30.x")) == (401, "invalid_token")


@pytest.mark.parametrize("not_before", [2**40, "soon"])
def test_a_token_of_the_future_is_not_valid_yet(
    guarded: httpx.Client, key: SigningKey, not_before: object
) -> None:
    assert refusal(post(guarded, key.token(nbf=not_before))) == (401, "invalid_token")


def test_each_of_several_audiences_is_accepted(
    start_edge: StartEdge, key: SigningKey, google: CertificateServer
) -> None:
    edge = start_edge(
        AUTH_MODE="google_id_token",
        GOOGLE_ID_TOKEN_AUDIENCE="https://first.example, https://second.example",
        GOOGLE_CERTS_URL=google.url,
    )
    audiences = ["https://first.example", "https://second.example", "https://third.example"]
    answers = [post(edge, key.token(aud=audience)).status_code for audience in audiences]
    assert answers == [202, 202, 401]


def test_in_a_batch_only_the_events_of_others_are_rejected(
    guarded: httpx.Client, key: SigningKey, inbox: Inbox
) -> None:
    headers = {"Authorization": f"Bearer {key.token(sub='anna')}"}
    batch = [event(user_id="anna"), event(user_id="bert")]
    answer = guarded.post("/v1/events", json=batch, headers=headers)
    [entry] = answer.json()["rejected"]
    assert answer.status_code == 202
    assert (entry["index"], entry["errors"][0]["code"]) == (1, "subject_mismatch")
    assert [fields["user_id"] for fields in inbox.events()] == ["anna"]
