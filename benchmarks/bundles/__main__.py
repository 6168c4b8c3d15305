"""The sink by rows per bundle: CPU per row, rows per request, connections, latency.

    python -m benchmarks.bundles [--quick]

Dataflow decides how many messages a bundle has, in Python often fewer than ten. A server that only
counts stands in for BigQuery, in a process and on a core of its own.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.bundles.plot import save_plot
from benchmarks.pipeline.measure import started

RESULTS = Path("benchmarks/results/bundles.json")
IMAGE = Path("docs/images/bundles.png")


class Plan(NamedTuple):
    """What is measured, for how many seconds each."""

    seconds: float
    rows: Sequence[int]
    threads: Sequence[int]
    latencies: Sequence[float]

    def cases(self) -> list[tuple[int, int, float]]:
        return [(r, t, s) for s in self.latencies for t in self.threads for r in self.rows]


FULL = Plan(8.0, (1, 5, 50, 500, 2_000), (1, 12, 48), (0.0, 0.05, 0.2))
QUICK = Plan(2.0, (1, 5, 500), (12, 48), (0.05,))


def measure(rows: int, threads: int, latency: float, seconds: float) -> dict[str, Any]:
    """One case, with what the server saw of it."""
    with started("local.bigquery.write_server", f"--latency={latency}", core=-1) as server:
        assert server.stdout is not None
        environment = {"BIGQUERY_STORAGE_EMULATOR_HOST": server.stdout.readline().strip()}
        case = (str(rows), str(threads), str(seconds))
        with started("benchmarks.bundles.child", *case, core=0, environment=environment) as child:
            output, _ = child.communicate()
        server.terminate()
        stored, requests, connections = map(int, server.stdout.readline().split())
    print(".", end="", flush=True, file=sys.stderr)
    seen = {"rows_per_request": stored / requests, "connections": connections}
    named = {"rows": rows, "threads": threads, "latency_ms": 1000 * latency}
    measured: dict[str, Any] = json.loads(output)
    return named | measured | seen


def print_report(results: list[dict[str, Any]]) -> None:
    table = Table(title="The sink alone, by rows per bundle")
    columns = {
        "BigQuery, ms": "latency_ms",
        "threads": "threads",
        "rows/bundle": "rows",
        "CPU µs/row": "cpu_us_per_row",
        "rows/s": "rows_per_second",
        "p50, ms": "p50_ms",
        "p99, ms": "p99_ms",
        "rows/request": "rows_per_request",
        "connections": "connections",
    }
    for heading in columns:
        table.add_column(heading, justify="right")
    for result in results:
        table.add_row(*(f"{result[key]:,.4g}" for key in columns.values()))
    Console(width=120).print(table)


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m benchmarks.bundles", description=__doc__)
    command.add_argument("--quick", action="store_true", help="a few short cases, printed only")
    quick = command.parse_args().quick
    plan = QUICK if quick else FULL
    results = [measure(*case, plan.seconds) for case in plan.cases()]
    print_report(results)
    if not quick:
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        save_plot(results, IMAGE)


if __name__ == "__main__":
    main()
