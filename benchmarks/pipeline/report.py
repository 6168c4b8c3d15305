"""The results as tables, each row with its ratio to the table's reference."""

from typing import Any

from rich.console import Console
from rich.table import Table

# Pub/Sub to BigQuery, Java on Dataflow: https://beam.apache.org/blog/scaling-streaming-workload/
PUBLISHED_MB_PER_VCPU = 6.0
WIDTH = 120  # in a log, too
NAMES = {
    "baseline": "json + jsonschema + Beam's insertAll sink",
    "fast_baseline": "orjson + our validation + Beam's insertAll sink",
    "ours": "this pipeline",
    "parse_only": "orjson.loads alone",
    "functions": "decode to append, {bad_percent} % bad events",
}


def name(result: dict[str, Any]) -> str:
    """What a result's row and bar are called."""
    return NAMES[result["work"]].format_map(result)


def print_report(results: dict[str, Any]) -> None:
    console = Console(width=WIDTH)
    console.print(
        _costs("Message to appended row, FnApiRunner, one core", results["runner"]),
        _costs("The same code without the runner", results["functions"]),
        _growth(results["growth"]),
    )
    speed = results["runner"][-1]["mb_per_cpu_second"]
    console.print(
        f"{speed:.1f} MB/s per core; published for Java on Dataflow: {PUBLISHED_MB_PER_VCPU:g} "
        "MB/s per vCPU, which includes the read from Pub/Sub and the service's own work"
    )


def _costs(title: str, results: list[dict[str, Any]]) -> Table:
    table = Table("", title=title)
    for heading in ("events/s per core", "CPU µs/event", "ratio", "MB/s per core"):
        table.add_column(heading, justify="right")
    reference = results[0]["events_per_cpu_second"]
    for result in results:
        table.add_row(
            name(result),
            f"{result['events_per_cpu_second']:,.0f}",
            f"{result['cpu_us_per_event']:.1f}",
            f"{result['events_per_cpu_second'] / reference:.3g}x",
            f"{result['mb_per_cpu_second']:.1f}",
        )
    return table


def _growth(results: list[dict[str, Any]]) -> Table:
    table = Table(title="Growth, on the runner")
    for heading in ("events", "CPU µs/event", "peak memory, MB"):
        table.add_column(heading, justify="right")
    for result in results:
        table.add_row(
            f"{result['events']:,}",
            f"{result['cpu_us_per_event']:.1f}",
            f"{result['peak_mb']:.0f}",
        )
    return table
