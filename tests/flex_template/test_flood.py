"""When the guard against a bad deploy raises its alarm."""

import logging
from collections.abc import Iterable

import pytest

from flex_template import flood
from flex_template.flood import FloodGuard, SharedGuard


def alarms(guard: FloodGuard, bundles: Iterable[tuple[int, int]]) -> int:
    """How many bundles of (events, dead letters) raise the alarm."""
    with pytest.MonkeyPatch.context() as patch:
        raised: list[object] = []
        logger = logging.getLogger(flood.__name__)
        patch.setattr(logger, "error", lambda *values: raised.append(values))
        for events, dead_letters in bundles:
            guard.add(events=events)
            guard.add(dead_letters=dead_letters)
            guard.weigh()
    return len(raised)


@pytest.mark.parametrize(
    ("bundles", "expected"),
    [
        ([(0, 99)], 0),
        ([(0, 100)], 1),
        ([(50, 50)], 0),
        ([(49, 51)], 1),
        ([(10_000, 100)], 0),
        ([(10_000, 0), (0, 100)], 1),
        ([(0, 60), (60, 0)], 0),
        ([(0, 10)] * 25, 2),
    ],
)
def test_alarm(bundles: list[tuple[int, int]], expected: int) -> None:
    assert alarms(FloodGuard(0.5), bundles) == expected


def test_a_quiet_minute_is_judged_by_ten_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "WINDOW_SECONDS", 0)
    assert alarms(FloodGuard(0.5), [(0, 9)]) == 0
    assert alarms(FloodGuard(0.5), [(4, 6)]) == 1


def test_a_share_of_one_never_alarms() -> None:
    assert alarms(FloodGuard(1), [(0, 1_000)]) == 0


def test_a_worker_has_one_guard() -> None:
    shared = SharedGuard(0.5)
    assert shared.acquire() is shared.acquire()
