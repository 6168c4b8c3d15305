"""Killed or told to stop under load, on both Pub/Subs: received = rows + dead letters."""

import signal
from collections.abc import Iterator

import pytest

from benchmarks.one_machine.kills import kill
from benchmarks.one_machine.setting import Setting, setting
from tests.machine import pubsub_emulator

pytestmark = pytest.mark.slow
PER_SECOND = 1_500


@pytest.fixture(params=["ours", "google"])
def stage(request: pytest.FixtureRequest) -> Iterator[Setting]:
    if request.param == "google":
        pubsub_emulator(0)
    with setting(request.param) as stage:
        yield stage


def test_sigkill_loses_nothing(stage: Setting) -> None:
    outcome = kill(stage, 2, signal.SIGKILL, PER_SECOND)

    assert outcome.lost == 0
    assert outcome.rows + outcome.dead_letters == outcome.published + outcome.repeated
    assert outcome.dead_letters >= outcome.published // 10


def test_sigterm_drains_in_time_and_stores_nothing_twice(stage: Setting) -> None:
    outcome = kill(stage, 1, signal.SIGTERM, PER_SECOND)

    assert (outcome.lost, outcome.repeated) == (0, 0)
    assert outcome.rows + outcome.dead_letters == outcome.published
    assert outcome.slowest_drain < 10
