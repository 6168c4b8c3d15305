"""The results as a table."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

NAMES = {
    "ours": "this pipeline: one shared writer",
    "own": "the same, a writer for each bundle processor",
    "beam": "Beam's own sink, streaming inserts",
}
COLUMNS = {
    "BigQuery, ms": "latency_ms",
    "threads": "threads",
    "rows/bundle": "rows",
    "CPU µs/row": "cpu_us_per_row",
    "rows/s": "rows_per_second",
    "p50, ms": "p50_ms",
    "p99, ms": "p99_ms",
    "rows/request": "rows_per_request",
    "connections": "connections",
}


def print_report(results: Sequence[dict[str, Any]]) -> None:
    table = Table(title="Sinks alone, by rows per bundle")
    table.add_column("sink")
    for heading in COLUMNS:
        table.add_column(heading, justify="right")
    for result in results:
        values = (f"{result[key]:,.4g}" for key in COLUMNS.values())
        table.add_row(NAMES[result["sink"]], *values)
    Console(width=150).print(table)
