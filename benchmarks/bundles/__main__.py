"""Sinks by rows per bundle: CPU per row, rows per request, connections, latency.

    python -m benchmarks.bundles [--quick]

Dataflow decides how many messages a bundle has, in Python often fewer than ten. Servers that only
count stand in for BigQuery, each in a process and on a core of its own. Takes about seven minutes.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bundles.plot import save_plot
from benchmarks.bundles.report import print_report
from benchmarks.bundles.sinks import SINKS
from benchmarks.pipeline.measure import APPEND_ROWS, INSERT_ALL, started

RESULTS = Path("benchmarks/results/bundles.json")
IMAGE = Path("docs/images/bundles.png")
# Beam's own sink takes half a millisecond a row, and a case lasts until each thread has a bundle.
MOST_ROWS_OF_BEAM = 6_000


class Plan(NamedTuple):
    """What is measured, for how many seconds each; latencies in seconds."""

    seconds: float
    rows: Sequence[int]
    threads: Sequence[int]
    latencies: Sequence[float]


FULL = Plan(2.0, (1, 5, 50, 500, 2_000), (1, 12, 48), (0.0, 0.05, 0.2))
QUICK = Plan(1.0, (1, 5, 500), (12, 48), (0.05,))


def measure(plan: Plan) -> list[dict[str, Any]]:
    """All cases, sink by sink."""
    results: list[dict[str, Any]] = []
    for latency, sink in product(plan.latencies, SINKS):
        results += _measure_sink(plan, sink, latency)
    return results


def _measure_sink(plan: Plan, sink: str, latency: float) -> Iterator[dict[str, Any]]:
    module, variable = INSERT_ALL if sink == "beam" else APPEND_ROWS
    with started(module, f"--latency={latency}", core=-1) as server:
        address = _line(server)
        with started(
            "benchmarks.bundles.child", sink, core=0, environment={variable: address}
        ) as child:
            for threads, rows in product(plan.threads, plan.rows):
                if sink == "beam" and rows * threads > MOST_ROWS_OF_BEAM:
                    continue
                before = _counted(server)
                found = json.loads(_line(child, f"{rows} {threads} {plan.seconds}"))
                named = {"sink": sink, "rows": rows, "threads": threads}
                stored, requests, connections = map(int.__sub__, _counted(server), before)
                yield {
                    **named,
                    "latency_ms": 1000 * latency,
                    **found,
                    "rows_per_request": stored / requests,
                    "connections": connections,
                }
                print(".", end="", flush=True, file=sys.stderr)
        server.terminate()
        server.communicate()  # it prints once more, which nobody may cut off


def _line(process: "subprocess.Popen[str]", question: str | None = None) -> str:
    assert process.stdout is not None
    assert process.stdin is not None
    if question is not None:
        process.stdin.write(question + "\n")
        process.stdin.flush()
    return process.stdout.readline().strip()


def _counted(server: "subprocess.Popen[str]") -> list[int]:
    """Rows, requests and connections so far."""
    server.send_signal(signal.SIGUSR1)
    return list(map(int, _line(server).split()))


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m benchmarks.bundles", description=__doc__)
    command.add_argument("--quick", action="store_true", help="a few short cases, printed only")
    quick = command.parse_args().quick
    results = measure(QUICK if quick else FULL)
    print_report(results)
    if not quick:
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        save_plot(results, IMAGE)


if __name__ == "__main__":
    main()
