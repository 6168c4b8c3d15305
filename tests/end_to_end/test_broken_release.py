"""A broken release, put right: refused at the edge, kept, repaired, replayed; nothing is lost.

`BROKEN_EVENTS=10000` makes it as large as a real one.
"""

import os

import httpx
import pytest

from flex_template.replay.__main__ import run as replay
from local import names
from local.samples.broken_release import FAULTS, USER, send
from local.stack import Stack
from tests.end_to_end.tables import rows, wait_for

EVENTS = int(os.environ.get("BROKEN_EVENTS", "90"))
GROUPS = f"""
SELECT error_code, JSON_VALUE(errors, '$[0].path') AS path,
  COUNT(DISTINCT dead_letter_id) AS letters
FROM aegis.dead_letters
WHERE stage = 'edge' AND payload_text LIKE '%{USER}%'
GROUP BY error_code, path
"""  # noqa: S608 - our own names
STORED = f"SELECT event_id FROM aegis.events_deduplicated WHERE user_id LIKE '{USER}%'"  # noqa: S608


def test_a_broken_release_is_seen_repaired_and_stored_without_loss(
    stack: Stack, edge: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stack.bigquery_hosts.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", stack.pubsub.host)
    assert send(edge, EVENTS) == EVENTS

    found = wait_for(stack, GROUPS, lambda rows: sum(row["letters"] for row in rows) >= EVENTS)
    third = EVENTS // len(FAULTS)
    assert {(row["error_code"], row["path"]): row["letters"] for row in found} == {
        ("wrong_type", "/confidence"): third,
        ("wrong_format", "/signal_type"): third,
        ("wrong_type", "/source_platform"): third,
    }

    places = [f"--dead_letter_table={names.DEAD_LETTERS}", f"--topic={names.TOPIC}", "--stage=edge"]
    replay([*places, "--path=/confidence", "--repair=.confidence |= tonumber"])
    second = '.signal_type |= (ascii_downcase | gsub(" "; "_")) | .source_platform //= "web"'
    for path in ("/signal_type", "/source_platform"):
        replay([*places, f"--path={path}", f"--repair={second}"])

    stored = wait_for(stack, STORED, lambda rows: len(rows) >= EVENTS)
    assert len(stored) == EVENTS
    again = [row for row in rows(stack, GROUPS) if row not in found]
    assert again == []
