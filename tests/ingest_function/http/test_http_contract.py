"""Statuses, bodies and what reaches Pub/Sub."""

import gzip
import json
import re
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from schemas import __version__
from tests.ingest_function.conftest import StartEdge
from tests.ingest_function.events import event
from tests.ingest_function.inbox import Inbox
from tests.ingest_function.logs.log_lines import log_lines

EVENT_ID = "0193a5c2-7f3e-7d10-9a4b-2c6f8e1d0b35"


def test_an_accepted_event_is_in_pubsub_before_the_answer(edge: httpx.Client, inbox: Inbox) -> None:
    sent = event(event_id=EVENT_ID, event_details={"n": 1.0, "big": 2**53 - 1, "text": "é\u2028"})
    response = edge.post("/v1/events", json=sent)
    [message] = inbox.messages()
    assert response.status_code == 202
    assert response.json() == {
        "accepted": [{"index": 0, "event_id": EVENT_ID, "message_id": message.message_id}],
        "rejected": [],
    }
    assert json.loads(message.data) == sent


def test_a_message_carries_the_attributes_of_the_contract(edge: httpx.Client, inbox: Inbox) -> None:
    headers = {"X-Request-Id": "client-request-7"}
    before = datetime.now(UTC)
    edge.post("/v1/events", json=event(event_id=EVENT_ID), headers=headers)
    attributes = dict(inbox.messages()[0].attributes)
    received_at = datetime.strptime(attributes.pop("received_at"), "%Y-%m-%dT%H:%M:%S.%f%z")
    assert before <= received_at <= datetime.now(UTC)
    assert attributes == {
        "event_id": EVENT_ID,
        "schema_version": "1",
        "request_id": "client-request-7",
    }


def test_an_event_without_an_id_is_given_a_uuid7(edge: httpx.Client, inbox: Inbox) -> None:
    answered = edge.post("/v1/events", json=event()).json()["accepted"][0]["event_id"]
    [message] = inbox.messages()
    assert uuid.UUID(answered).version == 7
    assert answered == json.loads(message.data)["event_id"] == message.attributes["event_id"]


def test_events_of_an_array_are_accepted_or_rejected_one_by_one(
    edge: httpx.Client, inbox: Inbox
) -> None:
    old = event(timestamp=(datetime.now(UTC) - timedelta(days=366)).isoformat())
    batch = [event(user_id="a"), {"user_id": 5}, event(user_id="b"), old]
    response = edge.post("/v1/events", json=batch)
    body = response.json()
    assert response.status_code == 202
    assert [entry["index"] for entry in body["accepted"]] == [0, 2]
    assert [fields["user_id"] for fields in inbox.events()] == ["a", "b"]
    assert [entry["index"] for entry in body["rejected"]] == [1, 3]
    assert body["rejected"][1]["errors"] == [
        {"code": "timestamp_too_old", "path": "/timestamp", "message": "older than 365 days"}
    ]


def test_a_request_without_a_valid_event_is_a_problem_with_the_reasons(
    edge: httpx.Client, inbox: Inbox
) -> None:
    response = edge.post("/v1/events", json=[{}, event(confidence=2)])
    body = response.json()
    assert (response.status_code, body["code"]) == (400, "no_valid_events")
    assert response.headers["content-type"] == "application/problem+json"
    assert body["accepted"] == []
    assert [entry["index"] for entry in body["rejected"]] == [0, 1]
    assert body["rejected"][1]["errors"][0]["code"] == "out_of_range"
    assert inbox.messages() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_payload"),
        (b"{", "malformed_json"),
        (b'"\xff"', "not_utf8"),
        (b"[]", "no_events"),
    ],
)
def test_a_body_without_events_has_its_code(edge: httpx.Client, body: bytes, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = edge.post("/v1/events", content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_a_gzipped_body_is_read(edge: httpx.Client, inbox: Inbox) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Encoding": "gzip"}
    body = gzip.compress(json.dumps([event(user_id="zipped")]).encode())
    assert edge.post("/v1/events", content=body, headers=headers).status_code == 202
    assert inbox.events()[0]["user_id"] == "zipped"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "unsupported_media_type"),
        ({"Content-Type": "text/plain"}, "unsupported_media_type"),
        ({"Content-Type": "application/json", "Content-Encoding": "br"}, "unsupported_encoding"),
    ],
)
def test_what_is_not_json_is_refused(
    edge: httpx.Client, headers: dict[str, str], code: str
) -> None:
    response = edge.post("/v1/events", content=b"{}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, code)


def test_health_answers_with_the_version(edge: httpx.Client) -> None:
    assert edge.get("/health").json() == {"status": "ok", "version": __version__}
    head = edge.head("/health")
    assert (head.status_code, head.content) == (200, b"")


def test_an_unknown_path_is_not_found(edge: httpx.Client) -> None:
    response = edge.post("/v2/events", json=event())
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_refused_with_those_allowed(edge: httpx.Client, method: str) -> None:
    response = edge.request(method, "/v1/events")
    assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")


def test_a_request_id_that_could_forge_a_log_is_replaced(edge: httpx.Client) -> None:
    response = edge.get("/health", headers={"X-Request-Id": 'a" b'})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


def test_user_ids_leave_as_pseudonyms_where_a_key_is_set(
    start_edge: StartEdge, inbox: Inbox
) -> None:
    edge = start_edge(USER_ID_HMAC_KEY="0123456789abcdef")
    edge.post("/v1/events", json=event(user_id="user-1"))
    pseudonym = "9671a70114c638eedd26dab7f09610bac33c46a8c7ec9de24c68654f8ccce682"
    assert inbox.events()[0]["user_id"] == pseudonym


def test_a_fault_of_ours_is_a_problem_and_a_line_that_quotes_nothing(
    edge: httpx.Client, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: bytes) -> object:
        raise RuntimeError(f"cannot read {data!r}")

    monkeypatch.setattr("ingest_function.ingest.parse_json", broken)
    response = edge.post("/v1/events", json=event(user_id="anna"))
    [line] = log_lines(capfd)
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert response.headers["x-request-id"] == line["request_id"]
    assert (line["severity"], line["exception_class"]) == ("ERROR", "RuntimeError")
    assert "anna" not in str(line) + response.text
