"""What a replay does when Pub/Sub refuses, or when its answer is lost."""

import logging

import grpc
import pytest

from local.pubsub.server import PubSubServer
from tests.flex_template.replay.command import ReplayCommand
from tests.flex_template.replay.topic import Topic
from tests.warehouse import Warehouse, dead_letter


@pytest.fixture
def letters(warehouse: Warehouse) -> set[str]:
    """The ids of five dead letters."""
    rows = [dead_letter(b"%d" % number) for number in range(5)]
    warehouse.append("dead_letters", rows)
    return {row[0] for row in rows}


@pytest.mark.parametrize("published", [0, 5])
def test_letters_whose_answer_is_lost_are_not_replayed_until_asked_for(  # noqa: PLR0917
    letters: set[str],
    topic: Topic,
    replay: ReplayCommand,
    pubsub_server: PubSubServer,
    published: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unavailable = grpc.StatusCode.UNAVAILABLE
    pubsub_server.faults.fail("Publish", unavailable, applied=published > 0)
    with pytest.raises(SystemExit, match="0 of 5 published"):
        replay()
    assert len(topic.messages()) == published

    replay()
    assert len(topic.messages()) == published
    assert any(line.startswith("5 left alone: claimed by a run") for line in caplog.messages)

    replay("--retry_claimed")
    assert len(topic.messages()) == published + 5
    assert set(topic.replayed_ids()) == letters

    replay("--retry_claimed")
    assert len(topic.messages()) == published + 5


def test_an_unclear_batch_stops_the_run(
    letters: set[str],
    topic: Topic,
    warehouse: Warehouse,
    replay: ReplayCommand,
    pubsub_server: PubSubServer,
) -> None:
    pubsub_server.faults.fail("Publish", grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(SystemExit, match="0 of 5 published"):
        replay("--batch_size=2")
    claimed = {row["dead_letter_id"] for row in warehouse.rows("replays")}
    assert len(claimed) == 2
    replay()
    assert set(topic.replayed_ids()) == letters - claimed


def test_letters_that_pubsub_refused_are_replayed_by_the_next_run(
    letters: set[str],
    topic: Topic,
    warehouse: Warehouse,
    replay: ReplayCommand,
    caplog: pytest.LogCaptureFixture,
) -> None:
    topic.delete()
    with caplog.at_level(logging.INFO), pytest.raises(SystemExit, match="0 of 5 published"):
        replay("--batch_size=2")
    assert any(line.startswith("stopped: 404") for line in caplog.messages)
    failed = [row for row in warehouse.rows("replays") if row["outcome"] == "failed"]
    assert len(failed) == 2
    assert all(row["error_message"].startswith("404") for row in failed)

    topic.create()
    replay()
    assert sorted(topic.replayed_ids()) == sorted(letters)


def test_one_message_that_pubsub_refuses_does_not_hold_up_the_others(
    letters: set[str], topic: Topic, warehouse: Warehouse, replay: ReplayCommand
) -> None:
    unacceptable = dead_letter(b"x", {"k" * 257: "a name longer than Pub/Sub takes"})
    warehouse.append("dead_letters", [unacceptable])
    with pytest.raises(SystemExit, match="5 of 6 published"):
        replay()
    assert set(topic.replayed_ids()) == letters
    failed = [row for row in warehouse.rows("replays") if row["outcome"] == "failed"]
    assert [row["dead_letter_id"] for row in failed] == [unacceptable[0]]
