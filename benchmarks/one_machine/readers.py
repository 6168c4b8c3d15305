"""The readers as processes of their own, and what they use of the machine.

CPU time and memory are read from `/proc`, so this runs on Linux only.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.one_machine.setting import Running, Setting

SERVICE = ["-m", "flex_template.main", "--runner=DirectRunner"]
READERS = {
    "ours": SERVICE,
    "ours, two processes": [*SERVICE, "--processes=2"],
    "subscriber": ["-m", "benchmarks.one_machine.subscriber"],
    "direct runner": ["-m", "flex_template.main", "--runner=BundleBasedDirectRunner"],
}
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@contextmanager
def reading(stage: Setting, reader: str, cores: list[int]) -> Iterator[Running]:
    """One of `READERS` as a process, on these cores."""
    with stage.process([sys.executable, *READERS[reader]]) as service:
        os.sched_setaffinity(service.process.pid, cores)
        yield service


class Usage(NamedTuple):
    """Of a process and its children together."""

    cpu_seconds: float
    resident_mb: float


def usage(service: Running) -> Usage:
    each = [_usage_of(pid) for pid in _with_children(service.process.pid)]
    return Usage(sum(one.cpu_seconds for one in each), sum(one.resident_mb for one in each))


def _usage_of(pid: int) -> Usage:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, pages = int(fields[11]), int(fields[12]), int(fields[21])
    return Usage((user + system) / TICKS, pages * PAGE_BYTES / 1e6)


def _with_children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [pid, *(found for child in children for found in _with_children(child))]


class Sampled:
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
