"""The figures of docs/costs.md that follow from the results: CPU times, dollars and vCPUs.

python -m benchmarks.costs
"""

import json
import re
from collections.abc import Callable
from math import ceil
from typing import Any

from benchmarks.pages import ROOT, Page, filled, table, write

CONNECTIONS, THREADS, LATENCY_MS = 64, 12, 50
LOAD = 0.5  # how busy a CPU is
VCPU_SECOND, GIB_SECOND, WORKER_HOUR = 0.000024, 0.0000025, 0.083  # in dollars
MEMORY_GIB = 0.5
ROWS = (1, 5, 500)  # per bundle
SMALL_CHUNK = 50  # messages; in a smaller one the steps cost about twice as much
MESSAGE_BYTES, ROW_BYTES = 580, 500
EVENTS_PER_SECOND = (10, 1_000, 100_000, 1_000_000)
TIMES = "\u00d7"


def pages() -> list[Page]:
    """The page, and what it must say."""
    [(page, text)] = filled("costs", FIGURES, ["docs/costs.md"])
    return [(page, _summed(text))]


def _summed(text: str) -> str:
    """With the row of sums as its columns have it."""
    above, _, below = text.partition("| **sum** |")
    rows = above.rpartition("| component |")[2].splitlines()[2:]
    amounts = [[*map(float, re.findall(r"\*\*\$([\d.]+)\*\*", row))] for row in rows]
    sums = " | ".join(f"**${sum(column):.2f}**" for column in zip(*amounts, strict=True))
    return f"{above}| **sum** | | {sums} |\n{below.partition(chr(10))[2]}"


def _results(benchmark: str) -> Any:
    return json.loads((ROOT / f"benchmarks/results/{benchmark}.json").read_text())


def _edge_us(events: int) -> float:
    """Of an event, where a request holds this many."""
    [load] = [
        each
        for each in _results("edge")["loads"]
        if (each["connections"], each["events"]) == (CONNECTIONS, events)
    ]
    return float(load["servers"]["aegis"]["cpu_us_per_event"])


def _sink_us(rows: int) -> float:
    """Of a row, where a bundle holds this many."""
    wanted = {"sink": "ours", "rows": rows, "threads": THREADS, "latency_ms": LATENCY_MS}
    [found] = [each for each in _results("bundles") if wanted.items() <= each.items()]
    return float(found["cpu_us_per_row"])


def _steps_us(rows: int) -> float:
    whole = float(_results("pipeline")["runner"][-1]["cpu_us_per_event"])
    return whole if rows >= SMALL_CHUNK else 2 * whole


def _worker_us(rows: int) -> float:
    return _sink_us(rows) + _steps_us(rows)


def _worker_dollars(rows: int) -> float:
    return _worker_us(rows) / LOAD / 3600 * WORKER_HOUR


def _edge_dollars(events: int) -> float:
    return _edge_us(events) / LOAD * VCPU_SECOND


def _edge_cpu(events: int) -> str:
    dollars = _edge_dollars(events)
    return f"{_edge_us(events):.0f} s / {LOAD} {TIMES} ${VCPU_SECOND:f} = **${dollars:.4f}**"


def _edge_memory() -> str:
    seconds = _edge_us(1) / LOAD
    dollars = seconds * MEMORY_GIB * GIB_SECOND
    product = f"{seconds:.0f} s {TIMES} {MEMORY_GIB} {TIMES} ${GIB_SECOND:.7f}"
    return f"{product} = **${dollars:.4f}**"


def _workers() -> str:
    dollars = _worker_dollars(5)
    hours = f"{_worker_us(5):.0f} s / {LOAD} / 3,600"
    return f"{hours} {TIMES} ${WORKER_HOUR} = **${dollars:.4f}**"


def _by_rows() -> str:
    rates = [1e6 * LOAD / _worker_us(rows) for rows in ROWS]
    lines = {
        "sink, µs per row (12 threads, 50 ms per append)": [f"{_sink_us(n):.3g}" for n in ROWS],
        "the steps before it, µs per event": [f"{_steps_us(n):.0f}" for n in ROWS],
        "events/s per vCPU at half load": [f"{float(f'{rate:.2g}'):,.0f}" for rate in rates],
        "dollars per million events": [f"**${_worker_dollars(n):.4f}**" for n in ROWS],
    }
    headings = f"rows per bundle | {' | '.join(map(str, ROWS))} |"
    return table(headings, ((name, *cells) for name, cells in lines.items()))


def _quotas() -> str:
    headings = "events/s | requests/s | edge vCPUs | Pub/Sub | Dataflow vCPUs | BigQuery |"
    return table(headings, map(_quota, EVENTS_PER_SECOND))


def _quota(rate: int) -> tuple[str, ...]:
    edge, workers = (ceil(us * rate / 1e6 / LOAD) for us in (_edge_us(50), _worker_us(5)))
    sizes = (_per_second(MESSAGE_BYTES * rate), _per_second(ROW_BYTES * rate))
    return (f"{rate:,}", f"{rate / 50:,g}", f"{edge}", sizes[0], f"{max(2, workers)}", sizes[1])


def _per_second(size: float) -> str:
    return f"{size / 1e6:.3g} MB/s" if size > 1e5 else f"{size / 1e3:.0f} kB/s"  # noqa: PLR2004


FIGURES: dict[str, Callable[[], str]] = {
    "edge": lambda: (
        f"{_edge_us(1):.0f} µs for a request with one event, "
        f"{_edge_us(50):.0f} µs per event at 50 per request"
    ),
    "cpu-of-one": lambda: _edge_cpu(1),
    "cpu-of-fifty": lambda: _edge_cpu(50),
    "memory": _edge_memory,
    "workers": _workers,
    "workers-too": lambda: f"**${_worker_dollars(5):.4f}**",
    "by-rows": _by_rows,
    "steps": lambda: f"{_steps_us(SMALL_CHUNK):.0f} µs",
    "busy": lambda: f"${_edge_dollars(1):.4f}",
    "quotas": _quotas,
}

if __name__ == "__main__":
    write(pages())
