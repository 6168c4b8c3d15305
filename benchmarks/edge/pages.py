"""The figures that README.md and docs/edge.md quote, taken from the files of results.

    python -m benchmarks.edge.pages

A figure stands between `<!-- edge:NAME -->` and `<!-- end -->`.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.edge.report import BASELINE
from benchmarks.edge.servers import SERVERS

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks/results"
PAGES = [ROOT / "README.md", ROOT / "docs/edge.md"]
CONNECTIONS = 64
_FIGURE = re.compile(r"(<!-- edge:([a-z-]+) -->)(.*?)(<!-- end -->)", re.DOTALL)
_ROUNDS = (1, 5, 10, 15, 20)


def write_pages() -> None:
    """Bring every page up to date."""
    for page, text in pages():
        page.write_text(text)


def pages() -> list[tuple[Path, str]]:
    """Each page, and what it must say."""
    return [(page, _FIGURE.sub(_filled, page.read_text())) for page in PAGES]


def _filled(found: re.Match[str]) -> str:
    begin, name, _, end = found.groups()
    return begin + FIGURES[name]() + end


def _load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return found


def _table(headings: str, rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    rule = "|---" * headings.count("|") + "|"
    return "\n\n" + "\n".join([f"| {headings}", rule, *lines]) + "\n\n"


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
    return _table(f"server, one core | {headings}", rows)


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
    return _table(f"server | what | {rounds} |", rows)


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


FIGURES: dict[str, Callable[[], str]] = {"loads": _loads, "start": _start, "soak": _soak}

if __name__ == "__main__":
    write_pages()
