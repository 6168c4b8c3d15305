"""The figures that README.md and docs/one-machine.md quote, taken from the file of results.

python -m benchmarks.one_machine.pages
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.one_machine.report import SERVERS, memory_row, paced_rows, saturated_rows
from benchmarks.one_machine.results import Results, load
from benchmarks.pages import NOT_MEASURED, Page, filled, table, write


def write_pages() -> None:
    """Bring every page up to date."""
    write(pages())


def pages() -> list[Page]:
    """Each page, and what it must say."""
    results = load()
    figures = {name: partial(figure, results) for name, figure in FIGURES.items()}
    return filled("one-machine", figures, ["README.md", "docs/one-machine.md"])


def _saturated(results: Results) -> str:
    headings = "reader | events | events/s | CPU, µs per event | memory, MB |"
    return table(headings, saturated_rows(results["saturated"]))


def _paced(results: Results) -> str:
    headings = "reader | Pub/Sub | events/s | p50, ms | p99, ms | CPU, µs per event |"
    return table(headings, paced_rows(results["paced"]))


def _memory(results: Results) -> str:
    headings = "at 1,000 events/s for | start, MB | a quarter | half | three quarters | end |"
    return table(headings, map(memory_row, results["memory"]))


def _kills(results: Results) -> str:
    headings = (
        "killed | Pub/Sub | published | rows | dead letters | lost | stored twice | slowest end |"
    )
    return table(headings, map(_kill_row, results["kills"]))


def _kill_row(result: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{result['times']} times by {result['signal']}",
        f"{SERVERS[result['pubsub']]}, {result['per_second']:,.0f}/s",
        *(f"{result[name]:,}" for name in ("published", "rows", "dead_letters", "lost")),
        f"{result['repeated']:,} ({result['repeated'] / result['published']:.1%})",
        f"{result['slowest_drain']:.1f} s",
    )


def _backfill(results: Results) -> str:
    headings = "lines | processes | seconds | lines/s | CPU, µs per line |"
    return table(
        headings,
        (
            (
                f"{result['lines']:,}",
                str(result["processes"]),
                f"{result['seconds']:.0f}",
                f"{result['lines_per_second']:,.0f}",
                f"{result['cpu_us_per_line']:.0f}",
            )
            for result in results["backfill"]
        ),
    )


def _rate(results: Results) -> str:
    rates = {each["reader"]: each["events_per_second"] for each in results["saturated"]}
    return f"{rates['ours']:,.0f}" if "ours" in rates else NOT_MEASURED


FIGURES: dict[str, Callable[[Results], str]] = {
    "rate": _rate,
    "saturated": _saturated,
    "paced": _paced,
    "memory": _memory,
    "kills": _kills,
    "backfill": _backfill,
}

if __name__ == "__main__":
    write_pages()
