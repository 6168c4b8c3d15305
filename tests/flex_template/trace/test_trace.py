"""One event's story, whichever of its ids one has."""

import json
from typing import Any

import pytest

from flex_template.replay.letter import Letter
from flex_template.replay.log import CLAIMED, PUBLISHED, Outcome, ReplayLog
from flex_template.trace.__main__ import run
from flex_template.trace.story import Moment, Tables, story
from schemas import event_columns, now_micros
from tests.warehouse import Warehouse, dead_letter

EVENT_ID = "0193a5c2-7f3e-7d10-9a4b-2c6f8e1d0b35"
REQUEST_ID = "request-1"
RECEIVED_AT = "2026-11-24T10:00:00+00:00"


def row(message_id: str, **fields: Any) -> tuple[Any, ...]:
    values = {
        "event_id": EVENT_ID,
        "schema_version": 1,
        "user_id": "secret-user",
        "timestamp": now_micros(),
        "signal_type": "view",
        "source_platform": "web",
        "published_at": now_micros(),
        "message_id": message_id,
    } | fields
    return tuple(values.get(column.name) for column in event_columns())


@pytest.fixture
def letter_id(warehouse: Warehouse) -> str:
    """An event refused, repaired, replayed and stored; and a row of somebody else's."""
    attributes = {"request_id": REQUEST_ID, "received_at": RECEIVED_AT}
    payload = json.dumps({"event_id": EVENT_ID, "user_id": "secret-user"}).encode()
    refused = dead_letter(payload, attributes, message_id="m-1")
    warehouse.append("dead_letters", [refused])
    letter = Letter(refused[0], payload, attributes, 1, frozenset(), 0)
    with ReplayLog(warehouse.client, warehouse.replays, "run-1", ".user_id = 1") as log:
        log.record([Outcome(letter, CLAIMED)])
        log.record([Outcome(letter, PUBLISHED, "m-2")])
    warehouse.append("events", [row("m-2"), row("m-9", event_id="other")])
    return str(refused[0])


def told(warehouse: Warehouse, identifier: str) -> list[Moment]:
    tables = Tables(warehouse.events, warehouse.dead_letters, warehouse.replays)
    return story(warehouse.client, tables, identifier)


@pytest.mark.parametrize("name", [EVENT_ID, REQUEST_ID, "m-1", "{letter}"])
def test_each_id_leads_to_the_whole_story(warehouse: Warehouse, letter_id: str, name: str) -> None:
    moments = told(warehouse, name.format(letter=letter_id))
    assert {moment.what for moment in moments} == {
        "received by the edge",
        "published",
        "refused, stage parse",
        "replay claimed",
        "replay published",
        "stored as a row",
    }
    assert not any("other" in moment.detail for moment in moments)
    assert any(moment.detail.endswith("repaired by .user_id = 1") for moment in moments)


def test_a_row_stored_twice_is_told_as_such(warehouse: Warehouse) -> None:
    warehouse.append("events", [row("a"), row("b")])
    stored = [moment.what for moment in told(warehouse, EVENT_ID) if "row" in moment.what]
    assert stored == ["stored as a row", "stored as a row, again: the deduplicated view hides it"]


def test_the_command_prints_no_user_and_no_payload(
    warehouse: Warehouse, letter_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    places = [f"--events_table={warehouse.events}", f"--dead_letter_table={warehouse.dead_letters}"]
    with caplog.at_level("INFO"):
        run([*places, letter_id])
    assert "replay published" in caplog.text
    assert "secret-user" not in caplog.text


def test_an_unknown_id_is_one_line(warehouse: Warehouse) -> None:
    places = [f"--events_table={warehouse.events}", f"--dead_letter_table={warehouse.dead_letters}"]
    with pytest.raises(SystemExit, match="nothing is known of 'nobody'"):
        run([*places, "nobody"])
