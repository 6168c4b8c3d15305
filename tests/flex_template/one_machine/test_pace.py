"""Bundles are small while little comes, and no larger than a backlog needs."""

import pytest

from flex_template.one_machine import pace
from flex_template.one_machine.pace import INTERVAL_SECONDS, MAX_MESSAGES, MIN_MESSAGES, Pace


class Clock:
    """The monotonic clock, at a time of the test's choice."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def bundle(pace: Pace, clock: Clock, messages: int, working: float, storing: float) -> float:
    """Work on a bundle and store it; how long the next one is to wait."""
    pace.taken(messages)
    clock.now += working
    pace.worked()
    clock.now += storing
    return pace.next_bundle()


def test_few_messages_wait_for_more_to_share_their_bundle(clock: Clock) -> None:
    pause = bundle(Pace(), clock, messages=20, working=0.001, storing=0.004)
    assert pause == pytest.approx(INTERVAL_SECONDS - 0.005)


def test_the_first_bundle_and_those_of_a_backlog_start_at_once(clock: Clock) -> None:
    pace = Pace()
    assert pace.next_bundle() == 0
    assert bundle(pace, clock, MIN_MESSAGES, working=0.01, storing=0.005) == 0


def test_bundles_grow_while_bigquery_is_slow_and_shrink_when_it_is_fast(clock: Clock) -> None:
    pace, sizes = Pace(), []
    for storing in (0.1, 0.1, 0.1, 0.1, 0.001, 0.001, 0.001):
        bundle(pace, clock, pace.messages, working=0.02, storing=storing)
        sizes.append(pace.messages)
    assert sizes[:2] == [2 * MIN_MESSAGES, 4 * MIN_MESSAGES]
    assert sizes[2:4] == [MAX_MESSAGES, MAX_MESSAGES]
    assert sizes[4:] == [MAX_MESSAGES // 2, MAX_MESSAGES // 4, MIN_MESSAGES]
