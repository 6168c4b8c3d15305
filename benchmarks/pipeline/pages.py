"""The figures that README.md and docs/performance.md quote, taken from the files of results.

    python -m benchmarks.pipeline.pages

A figure stands between `<!-- pipeline:NAME -->` and `<!-- end -->`.
"""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.bundles.report import NAMES as SINKS
from benchmarks.pipeline.report import name

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs/performance.md"]
_FIGURE = re.compile(r"(<!-- pipeline:([a-z-]+) -->)(.*?)(<!-- end -->)", re.DOTALL)
NOT_MEASURED = "not measured yet"


def write_pages() -> None:
    """Bring every page up to date."""
    for page, text in pages():
        page.write_text(text)


def pages() -> list[tuple[Path, str]]:
    """Each page, and what it must say."""
    return [(page, _FIGURE.sub(_filled, page.read_text())) for page in PAGES]


def _filled(found: re.Match[str]) -> str:
    begin, figure, _, end = found.groups()
    return begin + FIGURES[figure]() + end


def _results(benchmark: str) -> Any:
    file = ROOT / f"benchmarks/results/{benchmark}.json"
    return json.loads(file.read_text()) if file.exists() else []


def _table(headings: str, rows: Iterable[Iterable[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return f"\n\n{NOT_MEASURED}\n\n"
    rule = "|---" * headings.count("|") + "|"
    return "\n\n" + "\n".join([f"| {headings}", rule, *lines]) + "\n\n"


def _runner() -> str:
    results = _results("pipeline")["runner"]
    slowest = results[0]["events_per_cpu_second"]
    headings = "pipeline, one core | events/s | CPU, µs per event | ratio | MB/s |"
    return _table(
        headings,
        (
            (
                name(result),
                f"{result['events_per_cpu_second']:,.0f}",
                f"{result['cpu_us_per_event']:.1f}",
                f"{result['events_per_cpu_second'] / slowest:.3g}x",
                f"{result['mb_per_cpu_second']:.1f}",
            )
            for result in reversed(results)
        ),
    )


def _functions() -> str:
    headings = "without the runner | CPU, µs per event |"
    results = _results("pipeline")["functions"]
    return _table(headings, ((name(each), f"{each['cpu_us_per_event']:.1f}") for each in results))


def _growth() -> str:
    headings = "events in one run | CPU, µs per event | peak memory, MB |"
    return _table(
        headings,
        (
            (f"{each['events']:,}", f"{each['cpu_us_per_event']:.1f}", f"{each['peak_mb']:.0f}")
            for each in _results("pipeline")["growth"]
        ),
    )


def _by_rows() -> str:
    """CPU per row of each sink with 12 threads and 50 ms, by rows per bundle."""
    results = [
        each for each in _results("bundles") if (each["threads"], each["latency_ms"]) == (12, 50)
    ]
    rows = sorted({each["rows"] for each in results})
    costs = {(each["sink"], each["rows"]): f"{each['cpu_us_per_row']:,.1f}" for each in results}
    headings = f"CPU, µs per row; rows per bundle: | {' | '.join(f'{each:,}' for each in rows)} |"
    sinks = SINKS if results else {}
    return _table(
        headings,
        ((text, *(costs.get((sink, each), "-") for each in rows)) for sink, text in sinks.items()),
    )


def _five_rows() -> str:
    """Each sink at 5 rows per bundle."""
    headings = "5 rows per bundle | BigQuery | threads | CPU, µs per row | p50, ms | p99, ms | \
rows per request | connections |"
    return _table(
        headings,
        (
            (
                SINKS[each["sink"]],
                f"{each['latency_ms']:g} ms",
                f"{each['threads']}",
                f"{each['cpu_us_per_row']:,.0f}",
                f"{each['p50_ms']:.0f}",
                f"{each['p99_ms']:.0f}",
                f"{each['rows_per_request']:.0f}",
                f"{each['connections']}",
            )
            for each in _results("bundles")
            if each["rows"] == 5 and each["threads"] > 1  # noqa: PLR2004
        ),
    )


FIGURES: dict[str, Callable[[], str]] = {
    "runner": _runner,
    "functions": _functions,
    "growth": _growth,
    "by-rows": _by_rows,
    "five-rows": _five_rows,
}

if __name__ == "__main__":
    write_pages()
