"""Several processes on one subscription, from one command: Pub/Sub shares the messages out."""

import logging
import multiprocessing
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection

from flex_template.job import Job
from flex_template.one_machine.measurements import Snapshot, combined, no_report
from flex_template.one_machine.patience import Backoff
from flex_template.one_machine.service import Service, run_until
from flex_template.one_machine.signals import StopSignal
from flex_template.one_machine.source import PULLERS
from flex_template.one_machine.status import status_server

REPORT_SECONDS = 1.0
STOP_SECONDS = 9.0  # a supervisor kills after ten
MAX_PAUSE_SECONDS = 30.0  # a start costs seconds of a core, and the cause may take hours to mend
_SPAWN = multiprocessing.get_context("spawn")  # gRPC does not survive a fork
_log = logging.getLogger(__name__)


def serve_in_processes(job: Job, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Serve the subscription in `--processes` processes until SIGTERM or SIGINT."""
    stop_signal = StopSignal()
    workers = [_Worker(arguments, environment) for _ in range(job.options.processes)]
    with ExitStack() as parts:
        if job.options.status_address:
            server = status_server(
                job.options.status_address, lambda: [each.snapshot for each in workers]
            )
            parts.enter_context(server)
        for worker in workers:
            worker.start()
        stop_signal.wait()
        deadline = time.monotonic() + STOP_SECONDS
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join(deadline)


class _Worker:
    """A process that is started again whenever it ends, and what it reported last."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = (list(arguments), dict(environment))
        self._ended = self._last = no_report("the process is starting")
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._run, name="worker", daemon=True)
        self._process: multiprocessing.process.BaseProcess | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The last report; what it counts includes the processes that have ended."""
        return combined(self._last, self._ended)

    def start(self) -> None:
        self._watch.start()

    def stop(self) -> None:
        """Start no more, and let the process drain."""
        self._stopping.set()

    def join(self, deadline: float) -> None:
        """Wait until the process is gone; kill it at `deadline`, by the monotonic clock."""
        while self._watch.is_alive() and time.monotonic() < deadline:
            if self._process is not None:
                self._process.terminate()
            self._watch.join(0.2)
        if self._process is not None:
            self._process.kill()

    def _run(self) -> None:
        backoff = Backoff(initial=1.0, maximum=MAX_PAUSE_SECONDS)
        while not self._stopping.is_set():
            self._run_once()
            self._ended = self.snapshot
            self._last = no_report("the process has ended")
            self._stopping.wait(backoff.failed())

    def _run_once(self) -> None:
        reports, sender = _SPAWN.Pipe(duplex=False)
        process = _SPAWN.Process(target=work, args=(*self._command, sender))
        process.start()
        self._process = process
        sender.close()
        with reports, suppress(EOFError):
            while True:
                self._last = reports.recv()
        process.join()
        if process.exitcode:
            _log.warning("process %d ended with code %d", process.pid, process.exitcode)


def work(arguments: Sequence[str], environment: Mapping[str, str], reports: Connection) -> None:
    """One process's share, with a report every second: also the end of the process above is one."""
    logging.basicConfig(level=logging.INFO)
    stop_signal = StopSignal()
    service = Service(Job.of(arguments, environment).pipeline)
    ended = threading.Event()
    reporter = threading.Thread(target=_report, args=[service, reports, ended])
    reporter.start()
    try:
        run_until(stop_signal, service)
    finally:
        ended.set()
        reporter.join()


def _report(service: Service, reports: Connection, ended: threading.Event) -> None:
    try:
        while not ended.wait(REPORT_SECONDS):
            reports.send(service.snapshot())
        reports.send(service.snapshot())
    except BrokenPipeError:  # the process above was killed
        PULLERS.stop()
