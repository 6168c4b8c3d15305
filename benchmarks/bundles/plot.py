"""CPU per row by rows per bundle, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.bundles.report import NAMES
from benchmarks.plot_style import BASELINE, GREY, OURS, plot

COLORS = {"beam": GREY, "own": BASELINE, "ours": OURS}
LATENCY_MS = 50
THREADS = 12


def save_plot(results: Sequence[dict[str, Any]], file: Path) -> None:
    """Write the picture: a line for each sink at 12 threads and 50 ms."""
    shown = [
        each for each in results if (each["latency_ms"], each["threads"]) == (LATENCY_MS, THREADS)
    ]
    with plot(file, 9, 5) as figure:
        axes = figure.subplots()
        for sink, color in COLORS.items():
            line = [each for each in shown if each["sink"] == sink]
            rows, costs = ([each[key] for each in line] for key in ("rows", "cpu_us_per_row"))
            axes.loglog(rows, costs, "o-", color=color, label=NAMES[sink])
        ticks = sorted({each["rows"] for each in shown})
        axes.set_xticks(ticks, [f"{rows:,}" for rows in ticks])
        axes.set_xlabel("rows per bundle")
        axes.set_ylabel("CPU µs per row")
        axes.set_title(f"Sinks, {THREADS} threads, BigQuery answering after {LATENCY_MS} ms")
        axes.grid(visible=True)
        axes.legend()
