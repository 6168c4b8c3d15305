"""Of several runs that want the same letter, at most one publishes it."""

from collections import Counter

import pytest
from google.cloud import bigquery

from flex_template.replay.letter import Letter
from flex_template.replay.log import CLAIMED, FAILED, Outcome, ReplayLog
from tests.flex_template.replay.command import ReplayCommand
from tests.flex_template.replay.topic import Topic
from tests.warehouse import Warehouse, dead_letter

LETTERS = 100


def test_a_letter_that_another_run_claimed_first_is_contested(warehouse: Warehouse) -> None:
    letter = _letter("a")
    with _log(warehouse, "first") as first, _log(warehouse, "second") as second:
        assert first.claim([letter, _letter("b")]) == ([letter, _letter("b")], [])
        assert second.claim([letter, _letter("c")]) == ([_letter("c")], [letter])


def test_runs_that_claim_at_the_same_moment_both_yield_and_the_next_run_replays(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand
) -> None:
    row = dead_letter(b"x")
    warehouse.append("dead_letters", [row])
    letter = _letter(row[0])
    with _log(warehouse, "first") as first, _log(warehouse, "second") as second:
        second.record([Outcome(letter, CLAIMED)])  # its claim is stored, but not yet read back
        assert first.claim([letter]) == ([], [letter])
        assert second.claim([letter]) == ([], [letter])
        for log in (first, second):
            log.record([Outcome(letter, FAILED)])
    replay()
    assert topic.replayed_ids() == [row[0]]


def test_a_claim_known_at_selection_does_not_contest_a_retry(warehouse: Warehouse) -> None:
    with _log(warehouse, "dead") as dead, _log(warehouse, "retry") as retry:
        dead.claim([_letter("a")])
        letter = _letter("a", known_runs=frozenset({"dead"}))
        assert retry.claim([letter]) == ([letter], [])


@pytest.mark.slow
def test_runs_at_the_same_time_publish_no_letter_twice(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand
) -> None:
    rows = [dead_letter(b"%d" % number) for number in range(LETTERS)]
    warehouse.append("dead_letters", rows)
    runs = [replay.start("--batch_size=5") for _ in range(3)]
    outputs = [run.communicate(timeout=300)[0] for run in runs]
    assert all("published" in output for output in outputs), outputs
    replay()
    assert Counter(topic.replayed_ids()) == Counter(row[0] for row in rows)


def _log(warehouse: Warehouse, run_id: str) -> ReplayLog:
    client: bigquery.Client = warehouse.client
    return ReplayLog(client, warehouse.replays, run_id)


def _letter(dead_letter_id: str, known_runs: frozenset[str] = frozenset()) -> Letter:
    return Letter(dead_letter_id, b"", {}, 1, known_runs, 0)
