"""The figures that README.md and docs/one-machine.md quote, taken from the file of results.

    python -m benchmarks.one_machine.pages

A figure stands between `<!-- one-machine:NAME -->` and `<!-- end -->`.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.one_machine.report import SERVERS, memory_row, paced_rows, saturated_rows
from benchmarks.one_machine.results import ROOT, Results, load

PAGES = [ROOT / "README.md", ROOT / "docs/one-machine.md"]
_FIGURE = re.compile(r"(<!-- one-machine:([a-z-]+) -->)(.*?)(<!-- end -->)", re.DOTALL)
NOT_MEASURED = "not measured yet"


def write_pages() -> None:
    """Bring every page up to date."""
    for page, text in pages():
        page.write_text(text)


def pages() -> list[tuple[Path, str]]:
    """Each page, and what it must say."""
    results = load()
    return [
        (page, _FIGURE.sub(lambda found: _filled(found, results), page.read_text()))
        for page in PAGES
    ]


def _filled(found: re.Match[str], results: Results) -> str:
    begin, name, _, end = found.groups()
    return begin + FIGURES[name](results) + end


def _table(headings: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return f"\n\n{NOT_MEASURED}\n\n"
    rule = "|---" * headings.count("|") + "|"
    return "\n\n" + "\n".join([f"| {headings}", rule, *lines]) + "\n\n"


def _saturated(results: Results) -> str:
    headings = "reader | events | events/s | CPU, µs per event | memory, MB |"
    return _table(headings, saturated_rows(results["saturated"]))


def _paced(results: Results) -> str:
    headings = "reader | Pub/Sub | events/s | p50, ms | p99, ms | CPU, µs per event |"
    return _table(headings, paced_rows(results["paced"]))


def _memory(results: Results) -> str:
    headings = "at 1,000 events/s for | start, MB | a quarter | half | three quarters | end |"
    return _table(headings, map(memory_row, results["memory"]))


def _kills(results: Results) -> str:
    headings = (
        "killed | Pub/Sub | published | rows | dead letters | lost | stored twice | slowest end |"
    )
    return _table(headings, map(_kill_row, results["kills"]))


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
    return _table(
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
