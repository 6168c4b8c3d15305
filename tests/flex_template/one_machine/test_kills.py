"""Killed or told to stop under load, on both Pub/Subs: received = rows + dead letters.

`KILLS=20` makes it 20 times each, about four minutes a test; `benchmarks/one_machine/kills.py` is
the same as a command.
"""

import os
import signal
from collections.abc import Iterator

import pytest

from benchmarks.one_machine.kills import kill
from benchmarks.one_machine.setting import Setting, setting
from tests.machine import pubsub_emulator

pytestmark = pytest.mark.slow
PER_SECOND = 1_500
TIMES = int(os.environ.get("KILLS", "1"))


@pytest.fixture(params=["ours", "google"])
def stage(request: pytest.FixtureRequest) -> Iterator[Setting]:
    if request.param == "google":
        pubsub_emulator(0)
    with setting(request.param) as stage:
        yield stage


def test_sigkill_loses_nothing(stage: Setting) -> None:
    outcome = kill(stage, TIMES, signal.SIGKILL, PER_SECOND)

    assert outcome.lost == 0
    assert outcome.rows + outcome.dead_letters == outcome.published + outcome.repeated
    assert outcome.dead_letters >= outcome.published // 10


@pytest.mark.parametrize("stage", ["ours"] if TIMES == 1 else ["ours", "google"], indirect=True)
def test_sigterm_drains_in_time_and_stores_nothing_twice(stage: Setting) -> None:
    outcome = kill(stage, TIMES, signal.SIGTERM, PER_SECOND, "--processes=2")

    assert (outcome.lost, outcome.repeated) == (0, 0)
    assert outcome.rows + outcome.dead_letters == outcome.published
    assert outcome.slowest_drain < 10
