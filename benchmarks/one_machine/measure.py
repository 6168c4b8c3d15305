"""Every reader in a process of its own on one core; servers and publisher on another."""

import gc
import os
import sys
import time
from collections.abc import Iterable
from statistics import median
from typing import Any, NamedTuple

from benchmarks.one_machine.publishing import SATURATION, publish, publish_for
from benchmarks.one_machine.readers import Sampled, reading, usage
from benchmarks.one_machine.results import Results
from benchmarks.one_machine.setting import START_SECONDS, setting
from benchmarks.one_machine.stored import percentile

WAIT_SECONDS = 900
WARM_UP_SECONDS = 3
SATURATED_SECONDS = 10


class Part(NamedTuple):
    """Backlogs of this many events for each reader, `runs` times; then rates, for `seconds`."""

    runs: int
    events: dict[str, int]
    paced: list[tuple[str, str, int]]  # reader, Pub/Sub, messages a second or `SATURATION`
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
        publish(stage, events)
        with reading(stage, reader, cores) as service:
            service.wait_for(lambda: stage.bigquery.count > 0, START_SECONDS)
            before, start, first = usage(service), time.monotonic(), stage.bigquery.count
            service.wait_for(lambda: stage.bigquery.count >= events, WAIT_SECONDS)
            seconds, counted = time.monotonic() - start, stage.bigquery.count - first
            after = usage(service)
    _dot()
    return {
        "events_per_second": counted / seconds,
        "cpu_us_per_event": 1e6 * (after.cpu_seconds - before.cpu_seconds) / counted,
        "peak_mb": after.resident_mb,
    }


def _paced(reader: str, pubsub: str, rate: int, seconds: int, cores: list[int]) -> dict[str, Any]:
    """`rate` messages a second; times are from Pub/Sub's publication to the row."""
    if rate == SATURATION:
        seconds = min(seconds, SATURATED_SECONDS)
    with setting(pubsub) as stage, reading(stage, reader, cores) as service:
        publish(stage, 1)
        service.wait_for(lambda: stage.bigquery.count > 0, START_SECONDS)
        publish_for(stage, rate, WARM_UP_SECONDS)
        stage.bigquery.seconds.clear()
        before, start = usage(service), time.monotonic()
        resident = Sampled(lambda: usage(service).resident_mb)
        with resident:
            published = publish_for(stage, rate, seconds)
            service.wait_for(lambda: len(stage.bigquery.seconds) >= published, WAIT_SECONDS)
        cpu, took = usage(service).cpu_seconds - before.cpu_seconds, time.monotonic() - start
        times = stage.bigquery.seconds
    _dot()
    return {
        "reader": reader,
        "pubsub": pubsub,
        "per_second": rate,
        "stored_per_second": published / took,
        "seconds": seconds,
        "load_average": os.getloadavg()[1],
        "p50_ms": 1000 * percentile(times, 0.5),
        "p99_ms": 1000 * percentile(times, 0.99),
        "cpu_us_per_event": 1e6 * cpu / published,
        "resident_mb": resident.values,
    }


def _dot() -> None:
    print(".", end="", flush=True, file=sys.stderr)
