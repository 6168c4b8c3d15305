"""The one-machine service beside Beam's DirectRunner and Google's subscriber client.

    python -m benchmarks.one_machine [--quick]

The rows go to a server that counts them. Takes about 25 minutes, with `--quick` about three.
"""

import argparse
import json
from pathlib import Path

from benchmarks.one_machine.measure import Plan, measure
from benchmarks.one_machine.report import print_report

RESULTS = Path("benchmarks/results/one_machine.json")
READERS = ("ours", "subscriber")
PACED = (
    *((reader, "ours", rate) for reader in READERS for rate in (10, 1_000)),
    *(("ours", "google", rate) for rate in (10, 1_000)),
    ("direct runner", "ours", 10),
)
FULL = Plan(
    runs=3,
    events={
        "ours": 400_000,
        "ours, two processes": 400_000,
        "subscriber": 150_000,
        "direct runner": 3_000,
    },
    paced=PACED,
    paced_seconds=60,
    memory_seconds=600,
)
QUICK = Plan(
    runs=1,
    events={"ours": 100_000, "ours, two processes": 100_000, "subscriber": 40_000}
    | {"direct runner": 500},
    paced=PACED,
    paced_seconds=8,
    memory_seconds=20,
)


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m benchmarks.one_machine", description=__doc__)
    command.add_argument("--quick", action="store_true", help="one short run, printed only")
    quick = command.parse_args().quick
    results = measure(QUICK if quick else FULL)
    print_report(results)
    if not quick:
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
