"""Reads `python -m schemas plan --json` on standard input, and says what setup.sh reports of it.

One line for each finding: `exists`, `lacks` or `differs`, a tab, and a label for people. Nothing is
printed for a dataset that is not there. Needs nothing but Python.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from deploy.help import answer_help


def findings(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Of one table: its outcomes, each with its label."""
    name = table["table"].rpartition(".")[2]
    if not table["exists"]:
        yield "lacks", name
        return
    if table["lacks"]:
        yield "lacks", f"columns of {name}: {', '.join(table['lacks'])}"
    else:
        yield "exists", f"table {name}"
    for difference in table["differs"]:
        yield "differs", f"table {name}: {difference}"


def main() -> None:
    answer_help(__doc__)
    for table in json.load(sys.stdin):
        for outcome, label in findings(table):
            print(outcome, label, sep="\t")


if __name__ == "__main__":
    main()
