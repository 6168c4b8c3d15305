"""The pipeline as a service: it runs until SIGTERM, whatever fails, and drains before it ends."""

import logging
import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack

import apache_beam as beam
from apache_beam.runners.runner import PipelineRunner

from flex_template.bigquery.group_commit.retry import AppendError
from flex_template.job import Job
from flex_template.one_machine.leases import Held
from flex_template.one_machine.measurements import Measurements, Snapshot
from flex_template.one_machine.patience import Backoff, Notice
from flex_template.one_machine.runner import OneMachineRunner
from flex_template.one_machine.signals import StopSignal
from flex_template.one_machine.source import PULLERS
from flex_template.one_machine.status import status_server

# A supervisor kills what is still there after ten seconds: Cloud Run, and `docker stop`.
DRAIN_SECONDS = 6.0
HAND_BACK_SECONDS = 2.0  # together with the drain two less than ten, for Python's own end
MAX_PAUSE_SECONDS = 30.0
# The writer is patient: with a quota that is used up for ten minutes, as quotas refill.
SLOW_SECONDS = 60.0
PIPELINE_FAILURES = "pipeline_failures"
_log = logging.getLogger(__name__)


class Service:
    """One process's share: a pipeline, and another one whenever a bundle has failed.

    Nothing of a failed bundle is acknowledged; its messages are handed back at once.
    """

    def __init__(self, pipeline: Callable[[PipelineRunner], beam.Pipeline]) -> None:
        self._pipeline = pipeline
        self._measurements = Measurements()
        self._notice = Notice(_log)
        self._failed_at = 0.0
        self._failure: str | None = None

    def run(self) -> None:
        """Return once the source was stopped and all that it had read is settled."""
        backoff = Backoff(initial=0.5, maximum=MAX_PAUSE_SECONDS)
        while not PULLERS.stopping.is_set():
            began = time.time()
            try:
                self._pipeline(OneMachineRunner(self._measurements)).run()
            except Exception as error:  # noqa: BLE001 - its messages are still Pub/Sub's
                self._failed(error)
            finally:
                PULLERS.close()
            if (PULLERS.acknowledged_at or 0.0) > began:
                backoff.succeeded()
            PULLERS.stopping.wait(backoff.failed())

    def _failed(self, error: Exception) -> None:
        self._failed_at, self._failure = time.time(), _described(error)
        self._measurements.count(PIPELINE_FAILURES)
        self._notice.say(f"a bundle failed, its messages are handed back: {self._failure}")

    def snapshot(self) -> Snapshot:
        acknowledged_at, held = PULLERS.acknowledged_at, PULLERS.held()
        return Snapshot(
            pid=os.getpid(),
            taken_at=time.time(),
            counters=self._measurements.counters(),
            distributions=self._measurements.distributions(),
            held=held,
            acknowledged_at=acknowledged_at,
            problem=PULLERS.problem() or self._problem(acknowledged_at or 0.0, held),
        )

    def _problem(self, acknowledged_at: float, held: Held) -> str | None:
        """Why nothing is stored at present."""
        if self._failure and acknowledged_at <= self._failed_at:
            return self._failure
        if held.open_seconds > SLOW_SECONDS:
            return f"BigQuery has not stored a bundle for {held.open_seconds:.0f} s"
        return None if PULLERS.are_open else "the pipeline is starting"


def _described(error: Exception) -> str:
    """What may be logged: BigQuery's own words, or where it happened, never a message's content."""
    if isinstance(error, AppendError):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, {frame.filename}:{frame.lineno}"


def serve(job: Job) -> None:
    """Serve the subscription in this process until SIGTERM or SIGINT."""
    stop_signal = StopSignal()
    service = Service(job.pipeline)
    with ExitStack() as parts:
        if job.options.status_address:
            server = status_server(job.options.status_address, lambda: [service.snapshot()])
            parts.enter_context(server)
        run_until(stop_signal, service)


def run_until(stop_signal: StopSignal, service: Service) -> None:
    """Run, and drain when the signal comes."""
    # Beam logs each failure with its traceback and the exception's text, which may quote a message.
    logging.getLogger("apache_beam.runners.common").setLevel(logging.CRITICAL)
    drained = threading.Event()
    threading.Thread(target=_drain, args=[stop_signal, drained], daemon=True).start()
    service.run()
    drained.set()


def _drain(stop_signal: StopSignal, drained: threading.Event) -> None:
    stop_signal.wait()
    _log.info("draining")
    PULLERS.stop()
    if drained.wait(DRAIN_SECONDS):
        return
    _log.warning("not drained in %g s: handing back what is not stored", DRAIN_SECONDS)
    closing = threading.Thread(target=PULLERS.close, daemon=True)
    closing.start()
    closing.join(HAND_BACK_SECONDS)
    os._exit(0)
