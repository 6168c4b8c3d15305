"""The one-machine service beside Beam's DirectRunner and Google's subscriber client.

    python -m benchmarks.one_machine [--only PART ...] [--quick]

The rows go to a server that counts them. Minutes that each part takes: ours 5, beam 2,
subscriber 3, memory 11. What is measured replaces the same in the file of results, in the plot and
on the pages that quote it.
"""

import argparse

from benchmarks.one_machine.measure import Part, measure
from benchmarks.one_machine.pages import write_pages
from benchmarks.one_machine.plot import save_plot
from benchmarks.one_machine.publishing import SATURATION
from benchmarks.one_machine.report import print_report
from benchmarks.one_machine.results import load, merged, save

RATES = (10, 1_000, SATURATION)
OURS = [("ours", "ours", rate) for rate in RATES]
OURS += [("ours", "google", rate) for rate in (10, 1_000)]  # more than 2,000/s is too much for it
PARTS = {
    "ours": Part(3, {"ours": 400_000, "ours, two processes": 400_000}, OURS, 40),
    # It stores 50 to 170 messages a second.
    "beam": Part(1, {"direct runner": 2_000}, [("direct runner", "ours", 10)], 40),
    "subscriber": Part(3, {"subscriber": 150_000}, [("subscriber", "ours", r) for r in RATES], 40),
    "memory": Part(0, {}, [], 600, is_memory=True),
}
QUICK_SHARE = 8


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.one_machine",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--only", choices=PARTS, nargs="+", default=list(PARTS), help="these parts; default: all"
    )
    command.add_argument(
        "--quick", action="store_true", help="an eighth of each, once, and printed only"
    )
    options = command.parse_args()
    parts = [PARTS[name] for name in options.only]
    measured = measure([each.divided(QUICK_SHARE) for each in parts] if options.quick else parts)
    print_report(measured)
    if not options.quick:
        results = merged(load(), measured)
        save(results)
        save_plot(results)
        write_pages()


if __name__ == "__main__":
    main()
