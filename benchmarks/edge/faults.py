"""Throughput and tail with a slow Pub/Sub, and with one call in a hundred that hangs.

python -m benchmarks.edge.faults
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.edge.pages import faults, write_pages
from benchmarks.edge.processes import OTHER_CORE, started
from benchmarks.edge.servers import SERVERS, running
from local.process import free_port

RESULTS = Path("benchmarks/results/edge_faults.json")
SECONDS = 6
CASES = [*product((0, 30, 100), (1, 50), (0,)), (5, 1, 100), (30, 50, 100)]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = list(_measure(Path(folder)))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    write_pages()
    print(faults())


def _measure(folder: Path) -> Iterator[dict[str, Any]]:
    for milliseconds, events, hang_one_in in CASES:
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.edge.slow_pubsub", f"--port={port}"]
        command += [f"--milliseconds={milliseconds}", f"--hang-one-in={hang_one_in}"]
        with (
            started(command, port, OTHER_CORE, {}, folder / "pubsub.log") as pubsub,
            running(SERVERS[0], f"127.0.0.1:{port}", folder) as program,
        ):
            pubsub.wait_until_it_accepts()
            program.wait_until_it_accepts()
            before = program.cpu_seconds()
            found = _load(program.port, events)
            cpu = program.cpu_seconds() - before
        sent = found["requests"] * events
        yield {
            "milliseconds": milliseconds,
            "events": events,
            "hang_one_in": hang_one_in,
            "events_per_second": sent / found["seconds"],
            "p50_ms": found["p50_ms"],
            "p99_ms": found["p99_ms"],
            "cpu_us_per_event": 1e6 * cpu / max(sent, 1),
        }


def _load(port: int, events: int) -> dict[str, float]:
    command = [
        "taskset",
        "--cpu-list",
        str(OTHER_CORE),
        sys.executable,
        "-m",
        "benchmarks.edge.load",
    ]
    command += [f"--url=http://127.0.0.1:{port}/v1/events", f"--events={events}"]
    command += ["--connections=64", f"--seconds={SECONDS}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
