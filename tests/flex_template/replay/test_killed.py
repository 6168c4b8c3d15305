"""A replay killed at random moments, again and again, publishes no letter twice."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest

from local.pubsub.faults import Faults
from local.pubsub.server import PubSubServer
from tests.flex_template.replay.command import ReplayCommand
from tests.flex_template.replay.topic import Topic
from tests.warehouse import Warehouse, dead_letter

LETTERS = 150
BATCH = 4
KILLS = 5
ANSWER_SECONDS = 0.1
DEADLINE_SECONDS = 120


class SlowAnswers(Faults):
    """Publishes at once and answers late, so that most kills fall between the two."""

    @contextmanager
    def around(self, method: str, context: grpc.ServicerContext) -> Iterator[None]:
        with super().around(method, context):
            yield
        if method == "Publish":
            time.sleep(ANSWER_SECONDS)


@pytest.fixture
def pubsub_server() -> Iterator[PubSubServer]:
    server = PubSubServer()
    server.faults = SlowAnswers()
    with server:
        yield server


@pytest.mark.slow
def test_a_replay_killed_at_random_moments_publishes_no_letter_twice(
    warehouse: Warehouse, topic: Topic, replay: ReplayCommand
) -> None:
    rows = [dead_letter(b"%d" % number, {"event_id": str(number)}) for number in range(LETTERS)]
    warehouse.append("dead_letters", rows)
    for _ in range(KILLS):
        _kill_in_the_middle(replay, warehouse)
    replay()

    unclear = _unclear(warehouse)
    counts = Counter(topic.replayed_ids())
    assert max(counts.values()) == 1
    assert set(counts) | unclear == {row[0] for row in rows}
    assert len(unclear) <= KILLS * BATCH

    replay("--retry_claimed")
    twice = {letter for letter, count in Counter(topic.replayed_ids()).items() if count > 1}
    assert twice <= unclear
    assert set(topic.replayed_ids()) == {row[0] for row in rows}
    assert _unclear(warehouse) == set()


def _kill_in_the_middle(replay: ReplayCommand, warehouse: Warehouse) -> None:
    """Kill a run within the time of a few batches after its first."""
    before = len(warehouse.rows("replays"))
    run = replay.start(f"--batch_size={BATCH}")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while run.poll() is None and len(warehouse.rows("replays")) == before:
        assert time.monotonic() < deadline, "the run does nothing"
    time.sleep(random.uniform(0, 0.5))  # noqa: S311 - the random moment
    run.kill()
    run.communicate()


def _unclear(warehouse: Warehouse) -> set[str]:
    """Letters that were claimed and never had an outcome."""
    outcomes: dict[str, set[str]] = {}
    for row in warehouse.rows("replays"):
        outcomes.setdefault(row["dead_letter_id"], set()).add(row["outcome"])
    return {letter for letter, found in outcomes.items() if found == {"claimed"}}
