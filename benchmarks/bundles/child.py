"""One sink in a process of its own: threads that write bundle after bundle.

    python -m benchmarks.bundles.child SINK

The environment names the server that counts the rows. Each line of input, `ROWS THREADS SECONDS`,
is a case, answered by a line of JSON with its CPU, rows and latencies.
"""

import json
import sys
import threading
import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Any
from unittest.mock import patch

from google.auth.credentials import AnonymousCredentials

from benchmarks.bundles.sinks import SINKS, Sink
from benchmarks.pipeline.child import cpu_seconds
from benchmarks.pipeline.work import PROJECT

WARM_UP_SECONDS = 0.3


def run(sinks: Sequence[Sink], seconds: float) -> list[float]:
    """Let each write for this long in a thread of its own; how long each bundle took."""
    until = time.monotonic() + seconds
    taken: list[float] = []

    def write(sink: Sink) -> None:
        while (began := time.monotonic()) < until:
            sink.write()
            taken.append(time.monotonic() - began)

    threads = [threading.Thread(target=write, args=[sink]) for sink in sinks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def measure(name: str, rows: int, threads: int, seconds: float) -> dict[str, Any]:
    """One case."""
    sinks = [SINKS[name](rows) for _ in range(threads)]
    run(sinks, WARM_UP_SECONDS)
    cpu, began = cpu_seconds(), time.monotonic()
    bundles = run(sinks, seconds)
    cpu, wall = cpu_seconds() - cpu, time.monotonic() - began
    for sink in sinks:
        sink.close()
    # A row waits as long as its bundle. Of a single bundle every percentile is the same.
    percentiles = quantiles(bundles if len(bundles) > 1 else bundles * 2, n=100)
    return {
        "cpu_us_per_row": 1_000_000 * cpu / len(bundles) / rows,
        "rows_per_second": len(bundles) * rows / wall,
        "cpu_share": cpu / wall,
        "p50_ms": 1000 * percentiles[49],
        "p99_ms": 1000 * percentiles[98],
    }


def main() -> None:
    # Beam's sink insists on credentials, even for a server on this machine.
    with patch("google.auth.default", return_value=(AnonymousCredentials(), PROJECT)):
        for line in sys.stdin:
            rows, threads, seconds = line.split()
            found = measure(sys.argv[1], int(rows), int(threads), float(seconds))
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
