"""What the erasure finds, deletes, leaves and says."""

import logging
import os
import subprocess
import sys
from typing import Any

import pytest

from flex_template.erase.__main__ import run
from flex_template.erase.user_id_forms import stored_ids
from flex_template.message import Message
from flex_template.steps import convert_event
from schemas import ErrorCode, Event, EventError, now_micros
from schemas.quarantine import quarantine_attributes
from tests.flex_template.erase.buffering_bigquery import refuse_deletes
from tests.machine import ROOT
from tests.warehouse import Warehouse, dead_letter

USER = "user-4711"
KEY = "a key of the edge, 32 bytes long"
OF_THE_USER = [
    (b'{"user_id": "user-4711", "confidence": 2}', {}),
    (b'{"user_id": "\\u0075ser-4711"}', {}),
    (b'{"user_id": "user-4711", "timest', {}),
    (b"{'user_id': 'user-4711'}", {}),
    (b'[{"user_id": "user-4711"}]', {}),
    (b"\xff\x00user-4711\xfe", {}),
    ('{"user_id": "user-4711"}'.encode("utf-16"), {}),
    (b"", {"user": "user-4711"}),
    (b'{"user_id": "user-4711"}' + b" " * 300_000 + b"}", {}),
    (b'{"user_id": "user-4711", "event_details": "' + b"x" * 9_600_000, {}),
]
OF_OTHERS = [
    (b'{"user_id": "user-47110"}', {}),
    (b'{"user_id": "other", "event_details": {"reported": "user-4711"}}', {}),
    (b'{"user_id": "other"', {"event_id": "e"}),
    (b"\xff\xfe", {}),
    (b"", {}),
    (
        b'{"user_id": "third"}',
        quarantine_attributes([EventError(ErrorCode.WRONG_TYPE, "/topic", f"not a {USER}")]),
    ),
]


@pytest.fixture
def stored(warehouse: Warehouse) -> Warehouse:
    """Two events of the user and one of another; dead letters of both."""
    warehouse.append("events", [_event_row(user_id) for user_id in (USER, USER, "other")])
    rows = [dead_letter(*message) for message in [*OF_THE_USER, *OF_OTHERS]]
    warehouse.append("dead_letters", rows)
    return warehouse


def test_a_dry_run_counts_and_deletes_nothing(
    stored: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        run(_arguments(stored, USER), {})
    assert caplog.messages == [
        "USER_ID_HMAC_KEY is not set: looking for the plain id only",
        f"{stored.events}: 2 rows found",
        f"{stored.dead_letters}: {len(OF_THE_USER)} rows found",
        "nothing deleted: --execute deletes them",
    ]
    assert len(stored.rows("events")) == 3
    assert len(stored.rows("dead_letters")) == len(OF_THE_USER) + len(OF_OTHERS)


def test_exactly_the_rows_of_the_user_are_deleted(stored: Warehouse) -> None:
    run([*_arguments(stored, USER), "--execute"], {})
    assert [row["user_id"] for row in stored.rows("events")] == ["other"]
    left = {row["payload"] for row in stored.rows("dead_letters")}
    assert left == {payload for payload, _ in OF_OTHERS}


def test_with_the_key_both_the_plain_and_the_pseudonymised_rows_are_deleted(
    warehouse: Warehouse,
) -> None:
    plain, pseudonym = stored_ids(USER, KEY.encode())
    warehouse.append("events", [_event_row(user_id) for user_id in (plain, pseudonym, "other")])
    payloads = [b'{"user_id": "%s"}' % pseudonym.encode(), b"cut " + pseudonym.encode()]
    warehouse.append("dead_letters", [dead_letter(payload) for payload in payloads])
    run([*_arguments(warehouse, USER), "--execute"], {"USER_ID_HMAC_KEY": KEY})
    assert [row["user_id"] for row in warehouse.rows("events")] == ["other"]
    assert warehouse.rows("dead_letters") == []


@pytest.mark.parametrize("user_id", ["' OR TRUE --", '"', "\\", ".*", "%", "é 😀", "`x`"])
def test_an_id_of_awkward_characters_finds_only_its_own_rows(
    warehouse: Warehouse, user_id: str
) -> None:
    warehouse.append("events", [_event_row(user_id), _event_row("other")])
    warehouse.append("dead_letters", [dead_letter(user_id.encode()), dead_letter(b"other")])
    run([*_arguments(warehouse, user_id), "--execute"], {})
    assert [row["user_id"] for row in warehouse.rows("events")] == ["other"]
    assert [row["payload"] for row in warehouse.rows("dead_letters")] == [b"other"]


def test_the_id_is_read_from_standard_input_and_never_printed(stored: Warehouse) -> None:
    command = [sys.executable, "-m", "flex_template.erase", *_arguments(stored, "-"), "--execute"]
    ended = subprocess.run(
        command,
        input=f"{USER}\n",
        cwd=ROOT,
        env=os.environ | {"USER_ID_HMAC_KEY": KEY},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert f"{stored.events}: 0 rows left" in ended.stdout
    for user_id in stored_ids(USER, KEY.encode()):
        assert user_id not in ended.stdout + ended.stderr
    assert [row["user_id"] for row in stored.rows("events")] == ["other"]


def test_rows_that_bigquery_still_buffers_end_the_command_with_an_error(
    stored: Warehouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with refuse_deletes(os.environ["BIGQUERY_EMULATOR_HOST"]) as url:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", url)
        with (
            caplog.at_level(logging.INFO),
            pytest.raises(SystemExit, match=r"^rows are left: run again in 90 minutes$"),
        ):
            run([*_arguments(stored, USER), "--execute"], {})
    assert f"{stored.events}: 2 rows left" in caplog.messages
    assert f"{stored.events}: BigQuery still buffers some of the rows" in caplog.messages


def test_an_empty_id_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(SystemExit, match="the user id is empty"):
        run([*_arguments(warehouse, ""), "--execute"], {})


def _arguments(warehouse: Warehouse, user_id: str) -> list[str]:
    return [
        f"--user_id={user_id}",
        f"--events_table={warehouse.events}",
        f"--dead_letter_table={warehouse.dead_letters}",
    ]


def _event_row(user_id: str) -> tuple[Any, ...]:
    fields = {"user_id": user_id, "signal_type": "doomscroll", "source_platform": "youtube"}
    message = Message(b"", {}, "1", now_micros())
    return convert_event(message, Event(fields, now_micros(), None))
