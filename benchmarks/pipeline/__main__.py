"""The pipeline against Beam's own BigQuery sink: CPU per event from message to appended row.

    python -m benchmarks.pipeline [--quick]

Servers that only count stand in for BigQuery, each in a process and on a core of its own.
"""

import argparse
import json
from pathlib import Path

from benchmarks.pipeline.measure import Plan, measure
from benchmarks.pipeline.plot import save_plot
from benchmarks.pipeline.report import print_report

RESULTS = Path("benchmarks/results/pipeline.json")
IMAGES = Path("docs/images")
# So many that what a run costs once, a tenth of a second, is no more of either's time than noise.
FULL = Plan(runs=3, ours=1_000_000, baselines=20_000, growth=(1_000, 10_000, 100_000, 1_000_000))
QUICK = Plan(runs=1, ours=50_000, baselines=3_000, growth=(1_000, 10_000, 100_000))


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    command.add_argument("--quick", action="store_true", help="one short run, printed only")
    quick = command.parse_args().quick
    results = measure(QUICK if quick else FULL)
    print_report(results)
    if not quick:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        save_plot(results, IMAGES)


if __name__ == "__main__":
    main()
