"""What one process has counted and what it holds, as a value that another process can read."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from apache_beam.metrics import monitoring_infos

from flex_template.metrics import NAMESPACE
from flex_template.one_machine.leases import Held


class Snapshot(NamedTuple):
    """One process at one moment; times in seconds of the epoch, None where there is none yet.

    `problem` says why nothing is read or stored at present; `distributions` are count and sum.
    """

    pid: int
    taken_at: float
    counters: dict[str, int]
    distributions: dict[str, tuple[int, int]]
    held: Held
    acknowledged_at: float | None
    problem: str | None


def no_report(problem: str) -> Snapshot:
    """The snapshot of a process that has not reported yet, or any more."""
    return Snapshot(0, time.time(), {}, {}, Held(), None, problem)


def combined(snapshot: Snapshot, earlier: Snapshot) -> Snapshot:
    """`snapshot`, counting what `earlier` processes counted too."""
    names = snapshot.distributions.keys() | earlier.distributions.keys()
    return snapshot._replace(
        counters=dict(Counter(snapshot.counters) + Counter(earlier.counters)),
        distributions={
            name: _sum(snapshot.distributions.get(name), earlier.distributions.get(name))
            for name in names
        },
        acknowledged_at=snapshot.acknowledged_at or earlier.acknowledged_at,
    )


def _sum(*distributions: tuple[int, int] | None) -> tuple[int, int]:
    counts, totals = zip(*(each or (0, 0) for each in distributions), strict=True)
    return sum(counts), sum(totals)


class Measurements:
    """The pipeline's own counters and distributions over all bundles that were committed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: Counter[str] = Counter()
        self._distributions: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, name: str, number: int = 1) -> None:
        with self._lock:
            self._counters[name] += number

    def add(self, infos: Iterable[Any]) -> None:
        """Add what one bundle measured: Beam's `MonitoringInfo`s."""
        for info in infos:
            if monitoring_infos.is_user_monitoring_info(info):
                namespace, name = monitoring_infos.parse_namespace_and_name(info)
                if namespace == NAMESPACE:
                    self._add(name, info)

    def _add(self, name: str, info: Any) -> None:
        if monitoring_infos.is_counter(info):
            self.count(name, monitoring_infos.extract_counter_value(info))
        elif monitoring_infos.is_distribution(info):
            count, total, *_ = monitoring_infos.extract_distribution(info)
            with self._lock:
                self._distributions[name].update(count=count, sum=total)

    def counters(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counters)

    def distributions(self) -> dict[str, tuple[int, int]]:
        with self._lock:
            return {
                name: (each["count"], each["sum"]) for name, each in self._distributions.items()
            }


def age(moment: float | None) -> float | None:
    """Seconds since `moment`; never negative, whatever the clock has done since."""
    return None if moment is None else max(0.0, time.time() - moment)
