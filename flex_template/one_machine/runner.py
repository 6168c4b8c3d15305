"""Beam's FnApiRunner, made fit to run for months and quick to end a bundle.

It hooks names of Beam 2.77 that may change, and that the tests of this module hold:
`_execute_bundle`, `consolidate_monitoring_infos` and `StateSampler`.
"""

import gc
import threading
from typing import Any

from apache_beam.metrics.monitoring_infos import consolidate
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.runners.worker import statesampler

from flex_template.one_machine.measurements import Measurements


class OneMachineRunner(fn_runner.FnApiRunner):
    """Runs a pipeline in this process and adds to `measurements` after each bundle.

    Beam keeps what every bundle measured through a chain of generators that nothing reads, 50 kB
    for each, and shows it only when the pipeline has ended. Here it is added up at once and the
    chain is a short list.
    """

    def __init__(self, measurements: Measurements) -> None:
        super().__init__()
        self._measurements = measurements
        self._is_first_bundle = True
        fn_runner.consolidate_monitoring_infos = lambda infos: list(consolidate(infos))
        statesampler.StateSampler = StateTracker

    def _execute_bundle(self, *arguments: Any) -> Any:
        result = super()._execute_bundle(*arguments)
        self._measurements.add(result.process_bundle.monitoring_infos)
        if self._is_first_bundle:
            _keep_what_is_loaded()
            self._is_first_bundle = False
        return result


class StateTracker(statesampler.StateSampler):
    """Tells which step runs, which is what counters need, and samples no times.

    Beam samples in a thread for which each bundle waits at its end, for up to a fifth of its time:
    just when its rows are stored and its messages are not acknowledged yet.
    """

    def start(self) -> None:
        self.tracked_thread = threading.current_thread()
        statesampler.set_current_tracker(self)
        self.started = True

    def stop(self) -> None:
        statesampler.set_current_tracker(None)
        self.finished = True


def _keep_what_is_loaded() -> None:
    """A full collection would look through modules and pipeline each time, for 0.2 s or more."""
    gc.collect()
    gc.freeze()
