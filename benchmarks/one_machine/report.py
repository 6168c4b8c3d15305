"""The results as tables."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.one_machine.publishing import SATURATION
from benchmarks.one_machine.results import Results

WIDTH = 120  # in a log, too
NAMES = {
    "ours": "this service",
    "ours, two processes": "this service, --processes=2",
    "subscriber": "Google's subscriber client, the same functions",
    "direct runner": "Beam's streaming DirectRunner",
}
SERVERS = {"ours": "in-memory server", "google": "Google's emulator"}


def print_report(results: Results) -> None:
    tables = [
        _saturated(results["saturated"]),
        _paced(results["paced"]),
        *map(_memory, results["memory"]),
    ]
    Console(width=WIDTH).print(*(table for table in tables if table.row_count))


def _table(title: str, *headings: str) -> Table:
    table = Table("", title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _saturated(results: list[dict[str, Any]]) -> Table:
    headings = ("events", "events/s", "CPU µs/event", "memory, MB")
    table = _table("Backlog to rows, in-memory Pub/Sub", *headings)
    for row in saturated_rows(results):
        table.add_row(*row)
    return table


def saturated_rows(results: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Reader, events, events a second, CPU and memory."""
    return [
        (
            NAMES[result["reader"]],
            f"{result['events']:,}",
            f"{result['events_per_second']:,.0f}",
            f"{result['cpu_us_per_event']:.1f}",
            f"{result['peak_mb']:.0f}",
        )
        for result in results
    ]


def _paced(results: list[dict[str, Any]]) -> Table:
    headings = ("Pub/Sub", "events/s", "p50, ms", "p99, ms", "CPU µs/event")
    table = _table("Publication to row", *headings)
    for row in paced_rows(results):
        table.add_row(*row)
    return table


def paced_rows(results: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Reader, Pub/Sub, events a second, latencies and CPU."""
    return [
        (
            NAMES[result["reader"]],
            SERVERS[result["pubsub"]],
            rate_of(result),
            f"{result['p50_ms']:.0f}",
            f"{result['p99_ms']:.0f}",
            f"{result['cpu_us_per_event']:.0f}",
        )
        for result in results
    ]


def rate_of(result: dict[str, Any]) -> str:
    """Messages a second; at saturation what was stored."""
    if result["per_second"] == SATURATION:
        return f"all it takes: {result['stored_per_second']:,.0f}"
    return f"{result['per_second']:,}"


def _memory(result: dict[str, Any]) -> Table:
    title = f"Memory of this service at {result['per_second']:,} events/s, MB"
    table = _table(title, "start", "a quarter", "half", "three quarters", "end")
    table.add_row(*memory_row(result))
    return table


def memory_row(result: dict[str, Any]) -> tuple[str, ...]:
    """How long, and the memory at the beginning, at each quarter and at the end."""
    values = result["resident_mb"]
    shown = [values[round(share * (len(values) - 1))] for share in (0, 0.25, 0.5, 0.75, 1)]
    return f"{result['seconds']} s", *(f"{value:.0f}" for value in shown)
