"""The figures that README.md and docs/performance.md quote, taken from the files of results.

python -m benchmarks.pipeline.pages
"""

import json
from collections.abc import Callable
from typing import Any

from benchmarks import costs
from benchmarks.bundles.report import NAMES as SINKS
from benchmarks.pages import ROOT, Page, filled, table, write
from benchmarks.pipeline.report import name


def write_pages() -> None:
    """Bring every page up to date."""
    write([*pages(), *costs.pages()])


def pages() -> list[Page]:
    """Each page, and what it must say."""
    return filled("pipeline", FIGURES, ["README.md", "docs/performance.md"])


def _results(benchmark: str) -> Any:
    file = ROOT / f"benchmarks/results/{benchmark}.json"
    return json.loads(file.read_text()) if file.exists() else []


def _runner() -> str:
    results = _results("pipeline")["runner"]
    slowest = results[0]["events_per_cpu_second"]
    headings = "pipeline, one core | events/s | CPU, µs per event | ratio | MB/s |"
    return table(
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
    return table(headings, ((name(each), f"{each['cpu_us_per_event']:.1f}") for each in results))


def _growth() -> str:
    headings = "events in one run | CPU, µs per event | peak memory, MB |"
    return table(
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
    return table(
        headings,
        ((text, *(costs.get((sink, each), "-") for each in rows)) for sink, text in sinks.items()),
    )


def _five_rows() -> str:
    """Each sink at 5 rows per bundle."""
    headings = "5 rows per bundle | BigQuery | threads | CPU, µs per row | p50, ms | p99, ms | \
rows per request | connections |"
    return table(
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
