"""The file of results: each measurement once, the newest."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks/results/one_machine.json"
# What tells one measurement of a list from the others.
KEYS = {
    "saturated": ("reader",),
    "paced": ("reader", "pubsub", "per_second"),
    "memory": (),
    "kills": ("pubsub", "signal"),
    "backfill": ("processes",),
}

Results = dict[str, list[dict[str, Any]]]


def load() -> Results:
    """All that was measured so far."""
    if not RESULTS.exists():
        return {name: [] for name in KEYS}
    return json.loads(RESULTS.read_text())  # type: ignore[no-any-return]


def merged(results: Results, measured: Results) -> Results:
    """`results` with what was measured now in the place of the same measured before."""
    return {
        name: _merged(results.get(name, []), measured.get(name, []), names)
        for name, names in KEYS.items()
    }


def _merged(
    before: list[dict[str, Any]], now: list[dict[str, Any]], names: tuple[str, ...]
) -> list[dict[str, Any]]:
    by_key = {tuple(each[name] for name in names): each for each in [*before, *now]}
    return list(by_key.values())


def save(results: Results) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
