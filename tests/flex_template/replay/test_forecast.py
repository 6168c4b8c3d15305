"""What the present schema refuses is told beforehand and left; a repair publishes what it mends."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas import ErrorCode, now_micros
from tests.flex_template.replay.command import ReplayCommand
from tests.flex_template.replay.topic import Topic
from tests.warehouse import Row, Warehouse, dead_letter

DAY = 24 * 60 * 60 * 1_000_000
REPAIR = "--repair=.confidence |= tonumber"


def event(**fields: Any) -> bytes:
    now = datetime.now(UTC).isoformat()
    base = {"user_id": "u", "timestamp": now, "signal_type": "view", "source_platform": "web"}
    return json.dumps(base | fields).encode()


def test_letters_still_refused_are_counted_and_left(
    warehouse: Warehouse,
    topic: Topic,
    careful_replay: ReplayCommand,
    caplog: pytest.LogCaptureFixture,
) -> None:
    good, bad = event(), event(confidence="0.5")
    letters = [dead_letter(payload) for payload in (good, bad, b"{oops")]
    warehouse.append("dead_letters", letters)
    with caplog.at_level(logging.INFO):
        careful_replay()
    assert [message.data for message in topic.messages()] == [good]
    assert "1 of 3 would become rows" in caplog.messages
    assert any(line.startswith("1 refused: wrong_type /confidence") for line in caplog.messages)
    assert {row["dead_letter_id"] for row in warehouse.rows("replays")} == {letters[0][0]}


def test_a_repair_publishes_what_it_makes_valid_and_records_the_program(
    warehouse: Warehouse, topic: Topic, careful_replay: ReplayCommand
) -> None:
    mended, hopeless = event(confidence="0.5"), event(confidence="high")
    warehouse.append(
        "dead_letters", [dead_letter(mended), dead_letter(hopeless), dead_letter(b"?")]
    )
    before = stored(warehouse)
    careful_replay(REPAIR)
    (message,) = topic.messages()
    assert json.loads(message.data) == json.loads(mended) | {"confidence": 0.5}
    assert {row["repair"] for row in warehouse.rows("replays")} == {".confidence |= tonumber"}
    assert stored(warehouse) == before


def test_a_dry_run_shows_before_and_after_and_publishes_nothing(
    warehouse: Warehouse,
    topic: Topic,
    careful_replay: ReplayCommand,
    caplog: pytest.LogCaptureFixture,
) -> None:
    payload = event(confidence="0.5", user_id="\x1b[31mred")
    warehouse.append("dead_letters", [dead_letter(payload), dead_letter(event(confidence="x"))])
    with caplog.at_level(logging.INFO):
        careful_replay(REPAIR, "--dry_run")
    text = caplog.text
    assert '"confidence": "0.5"' in text
    assert '"confidence": 0.5' in text
    assert "refused: not_repaired" in text
    assert "\x1b" not in text
    assert topic.messages() == []
    assert warehouse.rows("replays") == []


def test_two_repairs_after_one_another_publish_each_letter_once(
    warehouse: Warehouse, topic: Topic, careful_replay: ReplayCommand
) -> None:
    payloads = [event(confidence=value) for value in ("0.1", "0.2", "high", "low")]
    warehouse.append("dead_letters", [dead_letter(payload) for payload in payloads])
    careful_replay(REPAIR)
    careful_replay("--repair=.confidence = null")
    confidences = [json.loads(message.data)["confidence"] for message in topic.messages()]
    assert sorted(confidences, key=repr) == [0.1, 0.2, None, None]


def test_an_event_does_not_grow_too_old_while_it_waits(
    warehouse: Warehouse, topic: Topic, careful_replay: ReplayCommand
) -> None:
    then = datetime.now(UTC) - timedelta(days=500)
    waiting = event(timestamp=then.isoformat())
    published = now_micros() - 400 * DAY
    late = event(timestamp=then.isoformat(), user_id="late")
    warehouse.append("dead_letters", [dead_letter(waiting, failed_at=published), dead_letter(late)])
    careful_replay()
    (message,) = topic.messages()
    assert message.data == waiting
    moment = datetime.fromisoformat(message.attributes["originally_published_at"])
    assert abs(moment.timestamp() * 1_000_000 - published) < 10


def test_a_flood_is_read_in_pages_and_each_letter_replayed_once(
    warehouse: Warehouse,
    topic: Topic,
    careful_replay: ReplayCommand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flex_template.replay.query.PAGE_BYTES", 10_000)
    now = now_micros()
    rows = [
        dead_letter(event(user_id=f"u{n}"), message_id=str(n), failed_at=now - n * 1_000_000)
        for n in range(1, 41)
    ]
    stored_twice = [dead_letter(event(user_id="u1"), message_id="1", failed_at=now - 40_500_000)]
    warehouse.append("dead_letters", [*rows, *stored_twice])
    careful_replay("--batch_size=7")
    found = topic.replayed_ids()
    assert sorted(found) == sorted(row[0] for row in rows)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--path=/confidence", {"path"}),
        ("--user_id=someone", {"user"}),
        ("--schema_version=1", {"version"}),
        ("--request_id=r-1", {"request"}),
        ("--dead_letter_id={named}", {"named"}),
        ("--user_id=o'clock", set()),
    ],
)
def test_more_filters_select(
    warehouse: Warehouse,
    topic: Topic,
    careful_replay: ReplayCommand,
    option: str,
    expected: set[str],
) -> None:
    letters = {
        "path": dead_letter(event(), path="/confidence", code=ErrorCode.WRONG_TYPE),
        "user": dead_letter(event(user_id="someone")),
        "version": dead_letter(event(), {"schema_version": "1"}),
        "request": dead_letter(event(), {"request_id": "r-1"}),
        "named": dead_letter(event()),
    }
    warehouse.append("dead_letters", letters.values())
    careful_replay(option.format(named=letters["named"][0]))
    assert set(topic.replayed_ids()) == {letters[name][0] for name in expected}


def test_a_program_that_does_not_compile_is_one_line(
    warehouse: Warehouse, topic: Topic, careful_replay: ReplayCommand
) -> None:
    warehouse.append("dead_letters", [dead_letter(event())])
    process = careful_replay.start("--repair=.[")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert output.splitlines()[-1].startswith("--repair: jq: error: syntax error")
    assert topic.messages() == []


def stored(warehouse: Warehouse) -> list[Row]:
    return sorted(warehouse.rows("dead_letters"), key=lambda row: row["dead_letter_id"])
