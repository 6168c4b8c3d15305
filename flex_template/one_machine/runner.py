"""Beam's FnApiRunner, made fit to run for months.

It keeps what every bundle measured through a chain of generators that nothing reads, 50 kB for
each, and shows it only when the pipeline has ended. Here each bundle's measurements are added up at
once and the chain is a short list. `_execute_bundle` and `consolidate_monitoring_infos` are names
of Beam 2.77 that may change: the tests of this module hold them.
"""

from typing import Any

from apache_beam.metrics.monitoring_infos import consolidate
from apache_beam.runners.portability.fn_api_runner import fn_runner

from flex_template.one_machine.measurements import Measurements


class OneMachineRunner(fn_runner.FnApiRunner):
    """Runs a pipeline in this process and adds to `measurements` after each bundle."""

    def __init__(self, measurements: Measurements) -> None:
        super().__init__()
        self._measurements = measurements
        fn_runner.consolidate_monitoring_infos = lambda infos: list(consolidate(infos))

    def _execute_bundle(self, *arguments: Any) -> Any:
        result = super()._execute_bundle(*arguments)
        self._measurements.add(result.process_bundle.monitoring_infos)
        return result
