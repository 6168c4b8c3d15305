"""A broken release, put right: refused at the edge, kept, repaired, replayed; nothing is lost."""

from collections import Counter
from datetime import UTC, datetime

import httpx
import pytest

from console.warehouse import Row, Warehouse
from flex_template.replay.__main__ import run as replay
from flex_template.trace.story import Tables
from local import names
from local.samples.broken_release import FAULTS, USER, send
from local.stack import Stack
from tests.end_to_end.tables import rows, wait_for

EVENTS = 10_000
EACH = Counter(number % len(FAULTS) for number in range(EVENTS))
LETTERS = f"SELECT COUNT(*) AS n FROM aegis.dead_letters WHERE payload_text LIKE '%{USER}%'"  # noqa: S608
STORED = f"SELECT event_id FROM aegis.events_deduplicated WHERE user_id LIKE '{USER}%'"  # noqa: S608


def groups(stack: Stack, since: datetime) -> dict[tuple[str, str], Row]:
    """What the console shows, by code and path."""
    tables = Tables(names.EVENTS, names.DEAD_LETTERS, f"{names.DATASET}.replays")
    found = Warehouse(stack.bigquery, tables).groups(since)
    return {(group["error_code"], group["path"]): group for group in found}


def test_a_broken_release_is_seen_repaired_and_stored_without_loss(
    stack: Stack, edge: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stack.bigquery_hosts.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", stack.pubsub.host)
    since = datetime.now(UTC)
    assert send(edge, EVENTS) == EVENTS

    wait_for(stack, LETTERS, lambda found: found[0]["n"] >= EVENTS)
    expected = {
        ("wrong_type", "/confidence"): EACH[0],
        ("wrong_format", "/signal_type"): EACH[1],
        ("wrong_type", "/source_platform"): EACH[2],
    }
    shown = groups(stack, since)
    assert {place: group["letters"] for place, group in shown.items()} == expected

    places = [f"--dead_letter_table={names.DEAD_LETTERS}", f"--topic={names.TOPIC}", "--stage=edge"]
    places += [f"--since={since.isoformat()}"]
    replay([*places, "--path=/confidence", "--repair=.confidence |= tonumber"])
    second = '.signal_type |= (ascii_downcase | gsub(" "; "_")) | .source_platform //= "web"'
    for path in ("/signal_type", "/source_platform"):
        replay([*places, f"--path={path}", f"--repair={second}"])

    stored = wait_for(stack, STORED, lambda found: len(found) >= EVENTS)
    assert len(stored) == EVENTS
    shown = groups(stack, since)
    assert {place: group["replayed"] for place, group in shown.items()} == expected
    assert rows(stack, LETTERS) == [{"n": EVENTS}]
