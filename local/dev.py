"""Keep the whole path up, with a live view of what arrives, until Ctrl-C.

python -m local.dev --port 8080
"""

import json
import time
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from local.arrivals import Arrivals, Row
from local.command import run_with_stack
from local.names import LOCAL_API_KEY
from local.report import dead_letters_table, events_table
from local.stack import Stack
from local.traffic import send_samples

REFRESH_SECONDS = 1.0
RATE_SECONDS = 10
SHOWN = 8


def dev(stack: Stack, console: Console) -> None:
    _introduce(stack, stack.start_console(), console)
    send_samples(stack)
    arrivals = Arrivals(stack.bigquery)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            stack.check_alive()
            arrivals.poll()
            live.update(_view(arrivals), refresh=True)
            time.sleep(REFRESH_SECONDS)


def _introduce(stack: Stack, console_address: str, console: Console) -> None:
    event = {
        "user_id": "me",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "signal_type": "page_view",
        "source_platform": "web",
    }
    lines = [
        f"Pub/Sub: {stack.pubsub.description} at {stack.pubsub.host}",
        f"edge:    {stack.url}/v1/events   (Ctrl-C ends everything)",
        f"console: {console_address}/",
        f"curl {stack.url}/v1/events -H 'Authorization: Bearer {stack.api_key}' \\",
        f"  --json '{json.dumps(event)}'",
    ]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)


def _view(arrivals: Arrivals) -> Group:
    events, letters = list(arrivals.events.values()), list(arrivals.dead_letters.values())
    counts = (
        f"{len(events)} events ({_rate(events):.1f}/s), "
        f"{len(letters)} dead letters ({_rate(letters):.1f}/s)"
    )
    return Group(
        Text(counts, style="bold"),
        events_table(events[-SHOWN:]),
        dead_letters_table(letters[-SHOWN:]),
    )


def _rate(rows: list[Row]) -> float:
    now = datetime.now(UTC)
    recent = [row for row in rows if (now - row["seen"]).total_seconds() < RATE_SECONDS]
    return len(recent) / RATE_SECONDS


if __name__ == "__main__":
    run_with_stack(
        dev,
        "python -m local.dev",
        "Keep the whole path up until Ctrl-C.",
        interrupted=0,
        api_key=LOCAL_API_KEY,
    )
