"""The results as a picture: throughput and latency beside the baselines, memory over time."""

from textwrap import fill
from typing import Any

from matplotlib.axes import Axes

from benchmarks.one_machine.report import NAMES, SERVERS, rate_of
from benchmarks.one_machine.results import ROOT, Results
from benchmarks.plot_style import BASELINE, BASELINE_TOO, OURS, OURS_TOO, plot

LABEL_WIDTH = 24
FILE = ROOT / "docs/images/one-machine.png"


def save_plot(results: Results) -> None:
    """Write `docs/images/one-machine.png`."""
    with plot(FILE, 14, 6) as figure:
        throughput, latency, memory = figure.subplots(1, 3)
        _plot_throughput(throughput, results["saturated"])
        _plot_latency(latency, results["paced"])
        for result in results["memory"]:
            _plot_memory(memory, result)


def _plot_throughput(axes: Axes, results: list[dict[str, Any]]) -> None:
    values = [result["events_per_second"] for result in results]
    colors = [OURS if "ours" in result["reader"] else BASELINE for result in results]
    names = [fill(NAMES[result["reader"]], LABEL_WIDTH) for result in results]
    bars = axes.barh(names, values, color=colors, height=0.6)
    axes.bar_label(bars, [f"{value:,.0f}" for value in values], padding=4)
    _without_axis(axes)
    axes.set_title("Events per second from a backlog")


def _plot_latency(axes: Axes, results: list[dict[str, Any]]) -> None:
    names = [fill(_paced_name(result), LABEL_WIDTH + 6) for result in results]
    is_ours = ["ours" in result["reader"] for result in results]
    for figure, shift, ours, baseline in (
        ("p50_ms", -0.2, OURS, BASELINE),
        ("p99_ms", 0.2, OURS_TOO, BASELINE_TOO),
    ):
        values = [result[figure] for result in results]
        colors = [ours if each else baseline for each in is_ours]
        places = [place + shift for place in range(len(values))]
        bars = axes.barh(places, values, color=colors, height=0.36)
        axes.bar_label(bars, [f"{figure[:3]} {value:,.0f}" for value in values], padding=4)
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    _without_axis(axes)
    axes.set_title("Publication to row, ms (log scale)")


def _paced_name(result: dict[str, Any]) -> str:
    reader, server = NAMES[result["reader"]], SERVERS[result["pubsub"]]
    return f"{reader}, {server}, {rate_of(result)}/s"


def _plot_memory(axes: Axes, result: dict[str, Any]) -> None:
    minutes = [second / 60 for second in range(len(result["resident_mb"]))]
    axes.plot(minutes, result["resident_mb"], color=OURS)
    axes.set_ylim(0)
    axes.set_xlabel("minutes")
    axes.set_title(f"Memory at {result['per_second']:,} events/s, MB")


def _without_axis(axes: Axes) -> None:
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
