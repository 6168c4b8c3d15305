"""Every reader in a process of its own on one core; the two servers and the publisher on another.

The CPU time and memory of a reader are read from `/proc`, so this runs on Linux only.
"""

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.one_machine.results import Results
from benchmarks.one_machine.setting import START_SECONDS, Running, Setting, setting
from benchmarks.one_machine.stored import percentile
from benchmarks.pipeline.messages import DISTINCT, payload
from local.names import TOPIC

SERVICE = ["-m", "flex_template.main", "--runner=DirectRunner"]
READERS = {
    "ours": SERVICE,
    "ours, two processes": [*SERVICE, "--processes=2"],
    "subscriber": ["-m", "benchmarks.one_machine.subscriber"],
    "direct runner": ["-m", "flex_template.main", "--runner=BundleBasedDirectRunner"],
}
PUBLISHED_AT_ONCE = 1_000
WAIT_SECONDS = 900
WARM_UP_SECONDS = 3
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Part(NamedTuple):
    """Backlogs of so many events for each reader, `runs` times; then even rates, for `seconds`."""

    runs: int
    events: dict[str, int]
    paced: list[tuple[str, str, int]]  # reader, Pub/Sub, messages a second
    seconds: int
    is_memory: bool = False

    def divided(self, by: int) -> "Part":
        """The same, once, with so much less of each."""
        events = {reader: count // by for reader, count in self.events.items()}
        return self._replace(runs=min(1, self.runs), events=events, seconds=self.seconds // by)


def measure(parts: Iterable[Part]) -> Results:
    """What the parts come to, as the file of results has it."""
    gc.freeze()  # the pauses of the publisher and of BigQuery would count as the reader's
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[1:] or cores)
    results: Results = {"saturated": [], "paced": [], "memory": []}
    for part in parts:
        results["saturated"] += [_medians(part, reader, cores) for reader in part.events]
        results["paced"] += [_paced(*each, part.seconds, cores[:1]) for each in part.paced]
        if part.is_memory:
            results["memory"].append(_paced("ours", "ours", 1_000, part.seconds, cores[:1]))
    return results


def _medians(part: Part, reader: str, cores: list[int]) -> dict[str, Any]:
    mine = cores if "two" in reader else cores[:1]
    samples = [_saturated(reader, part.events[reader], mine) for _ in range(part.runs)]
    names = ("events_per_second", "cpu_us_per_event", "peak_mb")
    return {
        "reader": reader,
        "events": part.events[reader],
        "load_average": os.getloadavg()[1],
        **{name: median(sample[name] for sample in samples) for name in names},
        "samples": samples,
    }


def _saturated(reader: str, events: int, cores: list[int]) -> dict[str, float]:
    """Everything is published before the reader starts; the first batch stored starts the clock."""
    with setting("ours") as stage:
        _publish(stage, events)
        with _reading(stage, reader, cores) as service:
            service.wait_for(lambda: stage.bigquery.count > 0, START_SECONDS)
            usage, start, first = _usage(service), time.monotonic(), stage.bigquery.count
            service.wait_for(lambda: stage.bigquery.count >= events, WAIT_SECONDS)
            seconds, counted = time.monotonic() - start, stage.bigquery.count - first
            after = _usage(service)
    _dot()
    return {
        "events_per_second": counted / seconds,
        "cpu_us_per_event": 1e6 * (after.cpu_seconds - usage.cpu_seconds) / counted,
        "peak_mb": after.resident_mb,
    }


def _paced(reader: str, pubsub: str, rate: int, seconds: int, cores: list[int]) -> dict[str, Any]:
    """So many messages a second, evenly; times are from Pub/Sub's publication to the row."""
    with setting(pubsub) as stage, _reading(stage, reader, cores) as service:
        _publish(stage, 1)
        service.wait_for(lambda: stage.bigquery.count > 0, START_SECONDS)
        _publish_evenly(stage, rate, WARM_UP_SECONDS)
        stage.bigquery.seconds.clear()
        before, resident = _usage(service), _Sampled(lambda: _usage(service).resident_mb)
        with resident:
            published = _publish_evenly(stage, rate, seconds)
            service.wait_for(lambda: len(stage.bigquery.seconds) >= published, WAIT_SECONDS)
        cpu = _usage(service).cpu_seconds - before.cpu_seconds
        times = stage.bigquery.seconds
    _dot()
    return {
        "reader": reader,
        "pubsub": pubsub,
        "per_second": rate,
        "seconds": seconds,
        "load_average": os.getloadavg()[1],
        "p50_ms": 1000 * percentile(times, 0.5),
        "p99_ms": 1000 * percentile(times, 0.99),
        "cpu_us_per_event": 1e6 * cpu / published,
        "resident_mb": resident.values,
    }


@contextmanager
def _reading(stage: Setting, reader: str, cores: list[int]) -> Iterator[Running]:
    with stage.process([sys.executable, *READERS[reader]]) as service:
        os.sched_setaffinity(service.process.pid, cores)
        yield service


def _publish(stage: Setting, count: int) -> None:
    for start in range(0, count, PUBLISHED_AT_ONCE):
        numbers = range(start, min(start + PUBLISHED_AT_ONCE, count))
        messages = [{"data": payload(number % DISTINCT)} for number in numbers]
        stage.publisher.publish(topic=TOPIC, messages=messages)


def _publish_evenly(stage: Setting, rate: int, seconds: int) -> int:
    """Up to a hundred times a second; the number of messages."""
    at_once = max(1, rate // 100)
    start, count = time.monotonic(), rate * seconds // at_once
    for number in range(count):
        time.sleep(max(0.0, start + number * at_once / rate - time.monotonic()))
        _publish(stage, at_once)
    return count * at_once


class _Usage(NamedTuple):
    cpu_seconds: float
    resident_mb: float


def _usage(service: Running) -> _Usage:
    """Of the process and its children together."""
    each = [_usage_of(pid) for pid in _with_children(service.process.pid)]
    return _Usage(sum(one.cpu_seconds for one in each), sum(one.resident_mb for one in each))


def _usage_of(pid: int) -> _Usage:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, pages = int(fields[11]), int(fields[12]), int(fields[21])
    return _Usage((user + system) / TICKS, pages * PAGE_BYTES / 1e6)


def _with_children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [pid, *(found for child in children for found in _with_children(child))]


class _Sampled:
    """A figure once a second, while the block lasts."""

    def __init__(self, figure: Callable[[], float]) -> None:
        self.values: list[float] = []
        self._figure = figure
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.is_set():
            self.values.append(self._figure())
            self._ended.wait(1)


def _dot() -> None:
    print(".", end="", flush=True, file=sys.stderr)
