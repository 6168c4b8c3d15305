"""However many faults a request holds, the answer and the memory stay bounded."""

import asyncio
from typing import Any

import httpx
import pytest

from ingest_function.auth.access import Client
from ingest_function.events import (
    MAX_ERRORS_OF_REQUEST,
    MAX_EVENTS,
    SLICE_EVENTS,
    Validation,
    Verdicts,
)
from schemas import DEFAULT_LIMITS, MAX_ERRORS, now_micros
from tests.ingest_function.events import event

EVERY_FIELD_WRONG: dict[str, Any] = {name: [] for name in event(event_id=1, flag_type=1)} | {
    f"unknown_{number}": 1 for number in range(40)
}


def test_a_request_full_of_faults_gets_a_bounded_answer(edge: httpx.Client) -> None:
    answer = edge.post("/v1/events", json=[EVERY_FIELD_WRONG] * MAX_EVENTS)
    rejected = answer.json()["rejected"]
    errors = [len(entry["errors"]) for entry in rejected]
    assert [entry["index"] for entry in rejected] == list(range(MAX_EVENTS))
    assert min(errors) == 1
    assert sum(errors) <= MAX_ERRORS_OF_REQUEST + MAX_ERRORS + MAX_EVENTS
    assert len(answer.content) < 256 * 1024


def test_the_first_faulty_events_are_told_all_that_is_wrong(edge: httpx.Client) -> None:
    answer = edge.post("/v1/events", json=[{}] * MAX_EVENTS)
    first, *_, last = answer.json()["rejected"]
    assert [error["path"] for error in first["errors"]] == [
        "/signal_type",
        "/source_platform",
        "/timestamp",
        "/user_id",
    ]
    assert last["errors"][0]["code"] == "missing_field"


@pytest.mark.parametrize("value", [[], {}, [[]], {"a": 1}])
def test_a_container_in_a_plain_field_is_a_wrong_type(edge: httpx.Client, value: object) -> None:
    answer = edge.post("/v1/events", json=event(user_id=value))
    [entry] = answer.json()["rejected"]
    assert [(error["code"], error["path"]) for error in entry["errors"]] == [
        ("wrong_type", "/user_id")
    ]


def test_too_many_values_are_refused_unread(edge: httpx.Client) -> None:
    answer = edge.post("/v1/events", json=[event(event_details={"a": [[]] * 150})] * 500)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_values")


def test_a_long_request_lets_others_have_their_turns() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def scenario() -> Verdicts:
        other = asyncio.create_task(others())
        documents: list[object] = [event(), EVERY_FIELD_WRONG] * (MAX_EVENTS // 2)
        verdicts = await Validation(DEFAULT_LIMITS).verdicts(documents, Client(), now_micros())
        other.cancel()
        return verdicts

    verdicts = asyncio.run(scenario())
    assert turns >= MAX_EVENTS // SLICE_EVENTS
    assert [place for place, _ in verdicts.valid] == list(range(0, MAX_EVENTS, 2))
    assert [refusal.place for refusal in verdicts.refused] == list(range(1, MAX_EVENTS, 2))
