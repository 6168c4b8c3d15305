"""The results as a picture: throughput by connections, and the tail of the latency."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from benchmarks.edge.servers import SERVERS
from benchmarks.plot_style import BASELINE, BASELINE_TOO, GREY, OURS, OURS_TOO, plot

COLOURS = (OURS, OURS_TOO, BASELINE, BASELINE_TOO)
PANELS = (
    ("1 event per request", "requests/s", 1, "requests_per_second"),
    ("50 events per request", "events/s", 50, "events_per_second"),
    ("1 event per request", "p99 in ms (log scale)", 1, "p99_ms"),
)
BAR_WIDTH = 0.2


def save_plot(results: dict[str, Any], folder: Path) -> None:
    """Write `edge.png`."""
    with plot(folder / "edge.png", 13, 4.6) as figure:
        for axes, (title, unit, events, value) in zip(
            figure.subplots(1, len(PANELS)), PANELS, strict=True
        ):
            loads = [load for load in results["loads"] if load["events"] == events]
            _draw(axes, loads, value)
            axes.set_title(f"{title}\n")
            axes.text(0, 1.02, unit, transform=axes.transAxes, color=GREY)
        axes.set_yscale("log")
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="outside lower center",
            ncols=len(SERVERS),
        )


def _draw(axes: Axes, loads: list[dict[str, Any]], value: str) -> None:
    for place, (server, colour) in enumerate(zip(SERVERS, COLOURS, strict=True)):
        heights = [load["servers"][server.key][value] for load in loads]
        offset = (place - (len(SERVERS) - 1) / 2) * BAR_WIDTH
        positions = [index + offset for index in range(len(loads))]
        bars = axes.bar(positions, heights, BAR_WIDTH * 0.92, color=colour, label=server.name)
        if value != "p99_ms" and place == 0:
            axes.bar_label(bars, _ratios(loads, value), color=colour, fontweight="bold", padding=2)
    axes.set_xticks(range(len(loads)), [str(load["connections"]) for load in loads])
    axes.set_xlabel("connections", color=GREY)
    axes.tick_params(length=0)
    axes.grid(axis="y")
    axes.yaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")


def _ratios(loads: list[dict[str, Any]], value: str) -> list[str]:
    ratios = [load["servers"]["aegis"][value] / load["servers"]["fastapi"][value] for load in loads]
    return [f"{ratio:.1f}x" if ratio < 10 else f"{ratio:.0f}x" for ratio in ratios]  # noqa: PLR2004
