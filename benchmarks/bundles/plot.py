"""CPU per row by rows per bundle, as a picture."""

from pathlib import Path
from typing import Any

from benchmarks.plot_style import BASELINE, GREY, OURS, OURS_TOO, plot

COLORS = (OURS, OURS_TOO, GREY)
# A stream for each bundle processor, as this sink worked before; one thread, no latency.
BEFORE = {1: 742.0, 5: 147.0, 50: 13.6, 500: 2.3, 2_000: 1.6}


def save_plot(results: list[dict[str, Any]], file: Path) -> None:
    """Write the picture: a line for each number of threads at the middle latency."""
    latencies = sorted({result["latency_ms"] for result in results})
    latency = latencies[len(latencies) // 2]
    shown = [result for result in results if result["latency_ms"] == latency]
    with plot(file, 9, 5) as figure:
        axes = figure.subplots()
        before = "a stream per bundle processor (before)"
        axes.loglog(list(BEFORE), list(BEFORE.values()), "s--", color=BASELINE, label=before)
        threads = sorted({result["threads"] for result in shown})
        for number, color in zip(threads, COLORS, strict=False):
            line = [result for result in shown if result["threads"] == number]
            rows = [result["rows"] for result in line]
            costs = [result["cpu_us_per_row"] for result in line]
            axes.loglog(rows, costs, "o-", color=color, label=f"shared, {number} threads")
        axes.set_xticks(list(BEFORE), [f"{rows:,}" for rows in BEFORE])
        axes.set_xlabel("rows per bundle")
        axes.set_ylabel("CPU µs per row")
        axes.set_title(f"The sink, BigQuery answering after {latency:g} ms")
        axes.grid(visible=True)
        axes.legend()
