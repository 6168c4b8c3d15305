"""The results as a table, each row with its ratio to the baseline."""

from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.edge.servers import SERVERS

BASELINE = "fastapi"
WIDTH = 120  # in a log, too


def print_report(results: dict[str, Any]) -> None:
    console = Console(width=WIDTH)
    console.print(_loads(results))
    console.print(_starts(results))


def _loads(results: dict[str, Any]) -> Table:
    table = Table(
        "events", "connections", "server", title=f"Durable POSTs, Pub/Sub: {results['pubsub']}"
    )
    for heading in ("req/s", "events/s", "ratio", "p50 ms", "p99 ms", "CPU µs/event"):
        table.add_column(heading, justify="right")
    for load in results["loads"]:
        baseline = load["servers"][BASELINE]["events_per_second"]
        for server in SERVERS:
            found = load["servers"][server.key]
            table.add_row(
                str(load["events"]),
                str(load["connections"]),
                server.name,
                f"{found['requests_per_second']:,.0f}",
                f"{found['events_per_second']:,.0f}",
                f"{found['events_per_second'] / baseline:.1f}x",
                f"{found['p50_ms']:.1f}",
                f"{found['p99_ms']:.1f}",
                f"{found['cpu_us_per_event']:.0f}",
            )
        table.add_section()
    return table


def _starts(results: dict[str, Any]) -> Table:
    table = Table("server", title="Start and memory")
    table.add_column("first acknowledged event, s", justify="right")
    table.add_column("memory after the load, MB", justify="right")
    for server in SERVERS:
        table.add_row(
            server.name,
            f"{results['cold_start_seconds'][server.key]:.2f}",
            f"{results['memory_bytes'][server.key] / 1e6:.0f}",
        )
    return table
