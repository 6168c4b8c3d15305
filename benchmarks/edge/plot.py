"""The results as a picture: throughput by connections, and the tail of the latency."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.edge.servers import SERVERS

COLOURS = ("#0b6e4f", "#6bbf8a", "#c2541b", "#e6a76c")
GREY = "#5f6368"
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e3e5e8",
    "svg.hashsalt": "edge",  # the same results give the same file
}
PANELS = (
    ("1 event per request", "requests/s", 1, "requests_per_second"),
    ("50 events per request", "events/s", 50, "events_per_second"),
    ("1 event per request", "p99 in ms (log scale)", 1, "p99_ms"),
)
BAR_WIDTH = 0.2


def save_plot(results: dict[str, Any], folder: Path) -> None:
    """Write `edge.png` and `edge.svg`."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13, 4.6), layout="constrained")
        for axes, (title, unit, events, value) in zip(
            figure.subplots(1, len(PANELS)), PANELS, strict=True
        ):
            loads = [load for load in results["loads"] if load["events"] == events]
            _draw(axes, loads, value)
            axes.set_title(f"{title}\n", fontweight="bold", loc="left")
            axes.text(0, 1.02, unit, transform=axes.transAxes, color=GREY)
        axes.set_yscale("log")
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="outside lower center",
            ncols=len(SERVERS),
            frameon=False,
        )
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / "edge.png", dpi=160)
        figure.savefig(folder / "edge.svg", metadata={"Date": None})


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
    axes.tick_params(length=0, colors=GREY)
    axes.yaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")


def _ratios(loads: list[dict[str, Any]], value: str) -> list[str]:
    ratios = [load["servers"]["aegis"][value] / load["servers"]["fastapi"][value] for load in loads]
    return [f"{ratio:.1f}x" if ratio < 10 else f"{ratio:.0f}x" for ratio in ratios]  # noqa: PLR2004
