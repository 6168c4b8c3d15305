"""What is refused is kept all the same: published with its exact bytes and marked."""

import hashlib
import json
from typing import Any

import grpc
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_function import quarantine
from local.pubsub.server import PubSubServer
from schemas.quarantine import quarantine_errors, withheld
from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox

JSON = {"Content-Type": "application/json"}
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
spaces = st.text(" \t\r\n", max_size=3)


def post(edge: httpx.Client, body: bytes, **headers: str) -> dict[str, Any]:
    answer: dict[str, Any] = edge.post("/v1/events", content=body, headers=JSON | headers).json()
    return answer


def test_a_refused_event_is_kept_with_its_exact_bytes(edge: httpx.Client, inbox: Inbox) -> None:
    bad = b'{"user_id" : "u\\u00e9",\t"confidence":1.50}'
    good = json.dumps(event()).encode()
    answer = post(edge, b"[ " + good + b" ,\n" + bad + b"]")
    assert [each["quarantined"] for each in answer["rejected"]] == [True]
    (kept,) = inbox.quarantined()
    assert kept.data == bad
    errors = [error._asdict() for error in quarantine_errors(kept.attributes)]
    assert errors == answer["rejected"][0]["errors"]
    assert len(inbox.messages()) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{oops", "malformed_json"), (b"\xff\xfe", "not_utf8"), (b" ", "empty_payload")],
)
def test_a_body_that_cannot_be_parsed_is_kept_whole(
    edge: httpx.Client, inbox: Inbox, body: bytes, code: str
) -> None:
    answer = post(edge, body)
    assert (answer["code"], answer["quarantined"]) == (code, True)
    (kept,) = inbox.quarantined()
    assert kept.data == body
    assert [error.code for error in quarantine_errors(kept.attributes)] == [code]


def test_a_single_refused_event_is_kept_too(edge: httpx.Client, inbox: Inbox) -> None:
    answer = post(edge, b' {"user_id": 1} ')
    assert answer["rejected"][0]["quarantined"]
    assert [message.data for message in inbox.quarantined()] == [b'{"user_id": 1}']


def test_the_request_is_found_by_its_id(edge: httpx.Client, inbox: Inbox) -> None:
    answer = edge.post("/v1/events", content=b"{}", headers=JSON)
    (kept,) = inbox.quarantined()
    assert kept.attributes["request_id"] == answer.headers["X-Request-Id"]


def test_discard_keeps_nothing(start_edge: StartEdge, inbox: Inbox) -> None:
    edge = start_edge(REFUSED_EVENTS="discard")
    assert not post(edge, b"{}")["rejected"][0]["quarantined"]
    assert not post(edge, b"{")["quarantined"]
    assert inbox.quarantined() == []


def test_with_pseudonyms_no_plain_user_id_is_kept(start_edge: StartEdge, inbox: Inbox) -> None:
    edge = start_edge(USER_ID_HMAC_KEY="a key of sixteen or more")
    post(edge, b'[{"user_id": "alice", "confidence": "x"}, {"userid": "alice"}, {"user_id": 7}]')
    post(edge, b'{"user_id": "alice", ')
    assert len(inbox.quarantined()) == 4
    readable, *unreadable = sorted(inbox.quarantined(), key=lambda kept: -len(kept.data))
    assert json.loads(readable.data)["confidence"] == "x"
    assert b"alice" not in readable.data
    assert [kept.data for kept in unreadable] == [b""] * 3
    digests = {withheld(kept.attributes) for kept in unreadable}
    sha256 = hashlib.sha256(b'{"user_id": "alice", ').hexdigest()
    assert (21, sha256) in digests
    assert not any("alice" in str(kept.attributes) for kept in inbox.quarantined())


def test_with_pseudonyms_what_is_nested_too_deeply_is_kept_as_its_hash(
    start_edge: StartEdge, inbox: Inbox
) -> None:
    edge = start_edge(USER_ID_HMAC_KEY="a key of sixteen or more")
    body = b'{"user_id": "alice", "event_details": ' + b"[" * 300 + b"]" * 300 + b"}"
    assert post(edge, body)["rejected"][0]["quarantined"]
    (kept,) = inbox.quarantined()
    assert (kept.data, withheld(kept.attributes)) == (
        b"",
        (len(body), hashlib.sha256(body).hexdigest()),
    )


def test_another_users_events_are_not_kept(start_edge: StartEdge, inbox: Inbox) -> None:
    key = "a-key-of-sixteen-or-more"
    edge = start_edge(AUTH_MODE="api_key", API_KEYS=f"name:{key}:mine-")
    body = json.dumps([event(user_id="yours-1"), {"user_id": "yours-2"}, {"user_id": "mine-1"}])
    answer = post(edge, body.encode(), **{"X-API-Key": key})
    assert [each["quarantined"] for each in answer["rejected"]] == [False, False, True]
    assert [json.loads(kept.data) for kept in inbox.quarantined()] == [{"user_id": "mine-1"}]


def test_before_authentication_nothing_is_kept(start_edge: StartEdge, inbox: Inbox) -> None:
    edge = start_edge(AUTH_MODE="api_key", API_KEYS="a-key-of-sixteen-or-more")
    assert post(edge, b"{", **{"X-API-Key": "wrong"})["code"] == "invalid_api_key"
    assert inbox.quarantined() == []


def test_what_pubsub_does_not_take_is_told_as_not_kept(
    start_edge: StartEdge, pubsub_server: PubSubServer
) -> None:
    edge = start_edge(PUBLISH_TIMEOUT_SECONDS="1")
    pubsub_server.faults.fail("Publish", grpc.StatusCode.PERMISSION_DENIED)
    answer = edge.post("/v1/events", content=b"{}", headers=JSON)
    assert answer.status_code == 400
    assert not answer.json()["rejected"][0]["quarantined"]


def test_beyond_their_share_refused_events_are_not_kept_and_good_ones_are_taken(
    edge: httpx.Client, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MAX_HELD_MESSAGES", 1)
    body = json.dumps([event(), {}, {}]).encode()
    answer = post(edge, body)
    assert [each["quarantined"] for each in answer["rejected"]] == [False, False]
    assert (len(inbox.messages()), inbox.quarantined()) == (1, [])


def test_the_worst_request_still_fits_one_publish_request(edge: httpx.Client, inbox: Inbox) -> None:
    names = {f"{number:02d}" + "\u00e9" * 250: 0 for number in range(15)}
    element = json.dumps(names, ensure_ascii=False).encode()
    count = min(500, 1_000_000 // len(element))
    answer = post(edge, b"[" + b",".join([element] * count) + b"]")
    assert all(each["quarantined"] for each in answer["rejected"])
    assert len(inbox.quarantined()) == count


@given(st.lists(documents, max_size=6), spaces)
def test_elements_are_cut_out_exactly(elements: list[Any], space: str) -> None:
    texts = [json.dumps(element, ensure_ascii=False) for element in elements]
    body = f"{space}[{space}{f'{space},{space}'.join(texts)}{space}]{space}".encode()
    found = quarantine._elements(body, range(len(texts)))
    assert found == {place: text.encode() for place, text in enumerate(texts)}


def test_an_element_nested_to_the_parsers_limit_is_cut_out_too() -> None:
    deep = b"[" * 1_020 + b'"]\\""' + b"]" * 1_020
    assert quarantine._elements(b"[1," + deep + b"]", {1}) == {1: deep}
