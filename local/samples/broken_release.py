"""Send what a broken client release would: three faults in turn, through the edge of `make dev`.

python -m local.samples.broken_release 10000
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

from flex_template.command_line import positive_integer
from local.running import environment

USER = "user-broken-release"
FAULTS: tuple[dict[str, Any], ...] = (
    {"confidence": "0.5"},
    {"signal_type": "Page View"},
    {"source_platform": None},
)
BATCH = 500  # as many as one request may hold


def send(edge: httpx.Client, events: int) -> int:
    """Send this many; returns how many the edge refused and kept."""
    kept = 0
    for start in range(0, events, BATCH):
        batch = list(_broken(start, min(start + BATCH, events)))
        answer = edge.post("/v1/events", json=batch)
        kept += sum(each["quarantined"] for each in answer.json()["rejected"])
    return kept


def _broken(start: int, end: int) -> Iterator[dict[str, Any]]:
    for number in range(start, end):
        event = {
            "user_id": f"{USER}-{number}",
            "timestamp": datetime.now(UTC).isoformat(),
            "signal_type": "page_view",
            "source_platform": "web",
        }
        yield event | FAULTS[number % len(FAULTS)]


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m local.samples.broken_release",
        description="Send what a broken client release would, through the edge of make dev.",
    )
    command.add_argument("events", type=positive_integer, nargs="?", default=300, help="how many")
    events = command.parse_args().events
    found = environment()
    headers = {"Authorization": f"Bearer {found['API_KEY']}"}
    with httpx.Client(base_url=found["EDGE"], headers=headers, timeout=60) as edge:
        print(f"{events} events sent, {send(edge, events)} refused and kept")


if __name__ == "__main__":
    main()
