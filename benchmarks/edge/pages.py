"""The figures that README.md and docs/edge.md quote, taken from the files of results.

python -m benchmarks.edge.pages
"""

import json
from collections.abc import Callable
from typing import Any

from benchmarks import costs
from benchmarks.edge.report import BASELINE
from benchmarks.edge.servers import SERVERS
from benchmarks.pages import ROOT, Page, filled, table, write

RESULTS = ROOT / "benchmarks/results"
CONNECTIONS = 64
_ROUNDS = (1, 5, 10, 15, 20)


def write_pages() -> None:
    """Bring every page up to date."""
    write([*pages(), *costs.pages()])


def pages() -> list[Page]:
    """Each page, and what it must say."""
    return filled("edge", FIGURES, ["README.md", "docs/edge.md"])


def _load(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text())


def _loads() -> str:
    loads = {
        load["events"]: load["servers"]
        for load in _load("edge")["loads"]
        if load["connections"] == CONNECTIONS
    }
    rows = [
        (server.name, *(cell for events in (1, 50) for cell in _cells(loads[events], server.key)))
        for server in SERVERS
    ]
    headings = "1 event: requests/s | p99 | CPU | 50 events: events/s | p99 | CPU per event |"
    return table(f"server, one core | {headings}", rows)


def _cells(servers: dict[str, Any], key: str) -> tuple[str, str, str]:
    found, rate = servers[key], servers[key]["events_per_second"]
    ratio = rate / servers[BASELINE]["events_per_second"]
    times = f"{ratio:.1f}x" if ratio < 10 else f"{ratio:.0f}x"  # noqa: PLR2004
    shown = {"aegis": f" (**{times}**)", BASELINE: ""}.get(key, f" ({times})")
    cpu = f"{found['cpu_us_per_event']:.3g} µs"
    return f"{rate:,.0f}{shown}", f"{found['p99_ms']:,.0f} ms", cpu


def _start() -> str:
    results = _load("edge")
    seconds, size = results["cold_start_seconds"]["aegis"], results["memory_bytes"]["aegis"]
    return f"{seconds:.1f} s, memory is {size / 1e6:.0f} MB"


def _soak() -> str:
    rows = [row for key in ("aegis", "aegis_framework") for row in _soak_rows(key)]
    rounds = " | ".join(f"round {number}" for number in _ROUNDS)
    return table(f"server | what | {rounds} |", rows)


def _soak_rows(key: str) -> list[tuple[str, ...]]:
    results = _load(f"edge_soak_{key}")
    rounds = [results["rounds"][number - 1] for number in _ROUNDS]
    kinds = {
        "memory, MB": lambda each: f"{each['memory_bytes'] / 1e6:.0f}",
        "descriptors": lambda each: str(each["descriptors"]),
        "first 202 after an outage, s": lambda each: _seconds(each, "outage"),
        "first 202 after a hung Pub/Sub, s": lambda each: _seconds(each, "hanging"),
    }
    return [(results["server"], kind, *map(shown, rounds)) for kind, shown in kinds.items()]


def _seconds(sample: dict[str, float], what: str) -> str:
    return f"{sample[f'recovered_from_{what}_seconds']:.2f}"


def worst() -> str:
    costliest_first = sorted(
        _load("edge_worst")["requests"].items(), key=lambda each: each[1]["cpu_ms"], reverse=True
    )
    rows = [
        (kind, f"{each['body_bytes']:,}", str(each["status"]), f"{each['cpu_ms']:.1f} ms")
        for kind, each in costliest_first
    ]
    return table("the worst of its kind | body, bytes | answer | CPU |", rows)


def attacked() -> str:
    results = _load("edge_worst")
    return f"{results['small_p99_ms']:.0f} to {results['attacked_p99_ms']:.0f} ms"


def faults() -> str:
    rows = [
        (
            f"{each['milliseconds']} ms",
            "yes" if each["hang_one_in"] else "no",
            str(each["events"]),
            f"{each['events_per_second']:,.0f}",
            f"{each['p50_ms']:.0f} ms",
            f"{each['p99_ms']:.0f} ms",
            f"{each['cpu_us_per_event']:.0f} µs",
        )
        for each in _load("edge_faults")
    ]
    headings = "Pub/Sub answers after | one call in 100 hangs | events per request"
    return table(f"{headings} | events/s | p50 | p99 | CPU per event |", rows)


FIGURES: dict[str, Callable[[], str]] = {
    "loads": _loads,
    "start": _start,
    "soak": _soak,
    "worst": worst,
    "attacked": attacked,
    "faults": faults,
}

if __name__ == "__main__":
    write_pages()
