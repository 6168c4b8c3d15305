"""The edge against FastAPI + pydantic + PublisherClient, both waiting for Pub/Sub.

    python -m benchmarks.edge [--quick]

One core for the server under test, another for the load and Pub/Sub; servers take turns. Every
server logs each request to a file, as it does by default. Without --quick, the results go into
benchmarks/results, the plot and the tables of README.md.
"""

import argparse
import json
import tempfile
from itertools import product
from pathlib import Path

from benchmarks.edge.measure import Load, Plan, measure
from benchmarks.edge.pages import write_pages
from benchmarks.edge.plot import save_plot
from benchmarks.edge.report import print_report

RESULTS = Path("benchmarks/results/edge.json")
IMAGES = Path("docs/images")
LOADS = [Load(*load) for load in product((1, 50), (1, 8, 32, 64))]
FULL = Plan(LOADS, runs=3, seconds=2.5, cold_starts=3)  # about seven minutes
QUICK = Plan([Load(1, 64), Load(50, 64)], runs=1, seconds=2, cold_starts=1)


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m benchmarks.edge", description=__doc__)
    command.add_argument(
        "--quick", action="store_true", help="one short run at 64 connections, printed only"
    )
    quick = command.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        results = measure(QUICK if quick else FULL, Path(folder))
    print_report(results)
    if not quick:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        save_plot(results, IMAGES)
        write_pages()


if __name__ == "__main__":
    main()
