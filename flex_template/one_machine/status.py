"""`/health` and `/metrics` over HTTP, for a supervisor, a load balancer or Prometheus."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from flex_template.one_machine.measurements import Snapshot, age

REQUEST_SECONDS = 10  # a client that sends nothing must not keep its thread
# A process sends its snapshot every second.
STALE_SECONDS = 15.0
Snapshots = Callable[[], list[Snapshot]]
_log = logging.getLogger(__name__)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS

    def log_message(self, *_: object) -> None:
        """A probe every few seconds would fill the log."""


@contextmanager
def status_server(address: tuple[str, int], snapshots: Snapshots) -> Iterator[int]:
    """Serve until the block ends; gives the port, a free one if that of `address` is 0.

    Raises:
        SystemExit: the address is busy, or not this machine's.
    """
    host, port = address
    try:
        server = make_server(host, port, _application(snapshots), _Server, _Handler)
    except OSError as error:
        raise SystemExit(f"--status_address={host}:{port}: {error.strerror}") from None
    with server:
        _log.info("status at http://%s:%d/health and /metrics", host, server.server_port)
        threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def _application(snapshots: Snapshots) -> Any:
    registry = CollectorRegistry()
    registry.register(_Metrics(snapshots))
    metrics = make_wsgi_app(registry)

    def answer(environment: dict[str, Any], start_response: Any) -> Any:
        match environment["PATH_INFO"]:
            case "/metrics":
                return metrics(environment, start_response)
            case "/health":
                body = health(snapshots())
                is_well = body["status"] == "reading"
                status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
            case _:
                body, status = {"paths": ["/health", "/metrics"]}, HTTPStatus.NOT_FOUND
        start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
        return [json.dumps(body, indent=2).encode() + b"\n"]

    return answer


def health(snapshots: Iterable[Snapshot]) -> dict[str, Any]:
    """The answer of `/health`: `status` is "reading" if every process reads and stores."""
    processes = [_health(each) for each in snapshots]
    is_well = bool(processes) and all(each["problem"] is None for each in processes)
    return {"status": "reading" if is_well else "waiting", "processes": processes}


def _health(snapshot: Snapshot) -> dict[str, Any]:
    is_stale = (age(snapshot.taken_at) or 0.0) > STALE_SECONDS
    acknowledged_at = snapshot.acknowledged_at
    return {
        "pid": snapshot.pid,
        "problem": "the process does not report" if is_stale else snapshot.problem,
        "last_acknowledgement": acknowledged_at
        and datetime.fromtimestamp(acknowledged_at, UTC).isoformat(timespec="milliseconds"),
        "messages_on_lease": snapshot.held.messages,
        "messages_waiting": snapshot.held.waiting,
        "oldest_message_seconds": age(snapshot.held.published),
    }


class _Metrics(Collector):
    """The sum over all processes, read when it is asked for."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterator[Metric]:
        snapshots = self._snapshots()
        yield from _counters(snapshots)
        yield from _distributions(snapshots)
        yield from _gauges(snapshots)


def _counters(snapshots: list[Snapshot]) -> Iterator[Metric]:
    totals: Counter[str] = Counter()
    for snapshot in snapshots:
        totals.update(snapshot.counters)
    for name, total in sorted(totals.items()):
        yield CounterMetricFamily(f"aegis_{name}", f"The pipeline's counter {name}.", total)


def _distributions(snapshots: list[Snapshot]) -> Iterator[Metric]:
    names = sorted({name for snapshot in snapshots for name in snapshot.distributions})
    for name in names:
        values = [each.distributions.get(name, (0, 0)) for each in snapshots]
        count, total = map(sum, zip(*values, strict=True))
        yield SummaryMetricFamily(f"aegis_{name}", f"The distribution {name}.", count, total)


def _gauges(snapshots: list[Snapshot]) -> Iterator[Metric]:
    live = [each.held for each in snapshots]
    healthy = sum(each["problem"] is None for each in map(_health, snapshots))
    acknowledged = max((each.acknowledged_at or 0.0 for each in snapshots), default=0.0)
    oldest = max((age(held.published) or 0.0 for held in live), default=0.0)
    for name, text, value in (
        ("processes_reading", "Processes that read and store.", healthy),
        ("messages_on_lease", "Pulled, not acknowledged yet.", sum(h.messages for h in live)),
        ("messages_waiting", "Pulled, in no bundle yet.", sum(h.waiting for h in live)),
        ("oldest_message_seconds", "Age of the oldest message on lease.", oldest),
        ("last_acknowledgement_timestamp_seconds", "When one was last sent.", acknowledged),
    ):
        yield GaugeMetricFamily(f"aegis_{name}", text, value)
