"""Programs pinned to a core, and what they consume (Linux's /proc)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.process import accepts

START_SECONDS = 60
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, OTHER_CORE = _CORES[0], _CORES[-1]


class Program:
    """A running command with all its children."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        ticks = 0
        for pid in self._family():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS_PER_SECOND

    def memory_bytes(self) -> int:
        """Proportional set size: pages shared by several processes count once."""
        lines = [
            line
            for pid in self._family()
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            if line.startswith("Pss:")
        ]
        return sum(1024 * int(line.split()[1]) for line in lines)

    def peak_memory_bytes(self) -> int:
        """The most that the largest of its processes has held so far, shared pages included."""
        statuses = [Path(f"/proc/{pid}/status").read_text() for pid in self._family()]
        return max(1024 * int(text.partition("VmHWM:")[2].split()[0]) for text in statuses)

    def descriptors(self) -> int:
        return sum(len([*Path(f"/proc/{pid}/fd").iterdir()]) for pid in self._family())

    def wait_until_it_accepts(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not accepts(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"did not start: {self.process.args!r}")
            time.sleep(0.005)

    def _family(self) -> list[int]:
        found = [self.process.pid]
        for pid in found:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            found.extend(map(int, children.split()))
        return found


@contextmanager
def started(
    command: list[str], port: int, core: int, environment: Mapping[str, str], log: Path
) -> Iterator[Program]:
    """Run `command`, whose port is `port`, on one core until the block ends."""
    with (
        log.open("w") as output,
        subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        ) as process,
    ):
        try:
            yield Program(process, port)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
