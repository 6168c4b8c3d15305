"""The results as a picture."""

from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes

from benchmarks.pipeline.report import PUBLISHED_MB_PER_VCPU, name
from benchmarks.plot_style import BASELINE, OURS, plot

LABEL_WIDTH = 24


def save_plot(results: dict[str, Any], folder: Path) -> None:
    """Write `pipeline.png`."""
    with plot(folder / "pipeline.png", 12, 6.5) as figure:
        (speed, functions), (throughput, growth) = figure.subplots(2, 2)
        _plot_speed(speed, results["runner"])
        _plot_functions(functions, results["functions"])
        _plot_throughput(throughput, results["runner"])
        _plot_growth(growth, results["growth"])


def _plot_speed(axes: Axes, results: list[dict[str, Any]]) -> None:
    values = [result["events_per_cpu_second"] for result in results]
    labels = [f"{value:,.0f}  ({value / values[0]:.1f}x)" for value in values]
    _bars(axes, [name(result) for result in results], values, labels, {len(values) - 1})
    axes.set_title("Events per second and core, message to appended row")


def _plot_functions(axes: Axes, results: list[dict[str, Any]]) -> None:
    values = [result["cpu_us_per_event"] for result in results]
    ours = set(range(1, len(values)))
    _bars(axes, list(map(name, results)), values, [f"{value:.1f}" for value in values], ours)
    axes.set_title("CPU µs per event without the runner")


def _plot_throughput(axes: Axes, results: list[dict[str, Any]]) -> None:
    names = [*map(name, results), "Java on Dataflow, published (per vCPU)"]
    values = [*(result["mb_per_cpu_second"] for result in results), PUBLISHED_MB_PER_VCPU]
    _bars(axes, names, values, [f"{value:.1f}" for value in values], {len(results) - 1})
    axes.set_title("MB of events per second and core")


def _bars(
    axes: Axes, names: list[str], values: list[float], labels: list[str], ours: set[int]
) -> None:
    colors = [OURS if index in ours else BASELINE for index in range(len(values))]
    bars = axes.barh([fill(each, LABEL_WIDTH) for each in names], values, color=colors, height=0.6)
    axes.bar_label(bars, labels, padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _plot_growth(axes: Axes, results: list[dict[str, Any]]) -> None:
    events = [result["events"] for result in results]
    seconds = [each["events"] * each["cpu_us_per_event"] / 1_000_000 for each in results]
    axes.loglog(events, seconds, "o-", color=OURS)
    axes.set_ylabel("CPU seconds", color=OURS)
    axes.set_xlabel("events in one run")
    axes.set_title("Growth of CPU and memory")
    memory = axes.twinx()
    memory.semilogx(events, [each["peak_mb"] for each in results], "s--", color=BASELINE)
    memory.set_ylabel("peak memory, MB", color=BASELINE)
    memory.set_ylim(0, 2 * max(each["peak_mb"] for each in results))
