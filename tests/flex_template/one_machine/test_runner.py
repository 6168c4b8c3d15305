"""What is changed of Beam's runner: measurements are kept, and no bundle waits at its end."""

import gc
import threading
from collections.abc import Iterator

import apache_beam as beam
import pytest

from flex_template import metrics
from flex_template.one_machine.measurements import Measurements
from flex_template.one_machine.runner import OneMachineRunner


class _Threads(beam.DoFn):
    """The names of the threads that run while a bundle is open."""

    seen: list[str]

    def process(self, _: bytes) -> None:
        metrics.count({metrics.EVENTS: 3})
        _Threads.seen = [thread.name for thread in threading.enumerate()]


@pytest.fixture
def measured() -> Iterator[Measurements]:
    """A pipeline of one bundle has run."""
    measurements = Measurements()
    with beam.Pipeline(OneMachineRunner(measurements)) as pipeline:
        pipeline | beam.Impulse() | beam.ParDo(_Threads())
    yield measurements
    gc.unfreeze()


def test_counters_are_summed_up_after_each_bundle(measured: Measurements) -> None:
    assert measured.counters() == {"events": 3}


@pytest.mark.usefixtures("measured")
def test_no_thread_samples_a_bundle_that_would_have_to_wait_for_it() -> None:
    assert not [name for name in _Threads.seen if name.endswith("(run)")]


@pytest.mark.usefixtures("measured")
def test_what_is_loaded_is_kept_from_the_collector() -> None:
    assert gc.get_freeze_count() > 0
