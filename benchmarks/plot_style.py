"""How every plot of the benchmarks looks, and where it is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

OURS, OURS_TOO = "#0b6e4f", "#6bbf8a"
BASELINE, BASELINE_TOO = "#c2541b", "#e6a76c"
GREY = "#5f6368"  # axes and words beside the point
_STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "font.size": 10,
    "grid.color": "#e3e5e8",
    "legend.frameon": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
}
_DOTS_PER_INCH = 160


@contextmanager
def plot(file: Path, width: float, height: float) -> Iterator[Figure]:
    """A figure of this many inches in the common style, saved as a PNG when the block ends."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=_DOTS_PER_INCH)
