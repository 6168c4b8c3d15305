"""Keep the whole path up, with a live view of what arrives, until Ctrl-C.

    python -m local.dev --port 8080

Extensions of one's own may send too, if `ALLOWED_ORIGINS` names them.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from flex_template.start import command_imports

with command_imports(__name__, interrupted=0):
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from local.command import run_with_stack
    from local.names import EXTENSION_ORIGIN, LOCAL_API_KEY
    from local.outcomes import Tables, View
    from local.running import announced
    from local.stack import Stack
    from local.traffic import send_samples

REFRESH_SECONDS = 1.0
RATE_SECONDS = 10  # what the rate is averaged over


def dev(stack: Stack, console: Console) -> None:
    """Show the path's last outcomes on a terminal's whole screen; without one, say where it is."""
    address = stack.start_console()
    head = _head(stack, address)
    with announced(stack, address):
        if not console.is_terminal:
            console.print(head, soft_wrap=True)
        send_samples(stack)
        tables = Tables(stack.bigquery)
        with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
            while True:
                stack.check_alive()
                live.update(_look(head, tables), refresh=console.is_terminal)
                time.sleep(REFRESH_SECONDS)


def _head(stack: Stack, console_address: str) -> Text:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Text.assemble(
        ("console  ", "dim"),
        (f"{console_address}/", "bold"),
        ("   Ctrl-C ends everything\n", "dim"),
        ("edge     ", "dim"),
        f"{stack.url}/v1/events   key {stack.api_key}\n",
        ("pub/sub  ", "dim"),
        f"{stack.pubsub.host}   {stack.pubsub.description}\n",
        ("ask      ", "dim"),
        "make query Q='SELECT * FROM events'   make replay|trace|erase\n",
        f"curl {stack.url}/v1/events --oauth2-bearer {stack.api_key} \\\n",
        f'  --json \'{{"user_id": "me", "timestamp": "{now}",\n',
        '           "signal_type": "page_view", "source_platform": "web"}\'',
    )


def _look(head: Text, tables: Tables) -> View:
    counts = tables.counts(datetime.now(UTC) - timedelta(seconds=RATE_SECONDS))
    return View(head, counts, tables.last(), counts.recent / RATE_SECONDS)


@contextmanager
def own_terminal() -> Iterator[None]:
    """Let the keys of the terminal reach this command alone within the block.

    Ctrl-C is sent to a terminal's foreground process group. GNU make, if it is in that group, ends
    with 130 whatever its recipe returns: so this process forms a foreground group of its own. The
    shell waits for make and would not see that Ctrl-Z has stopped us: Ctrl-Z does nothing.
    """
    group = os.getpgrp()
    if group == os.getpid() or not os.isatty(0) or os.tcgetpgrp(0) != group:
        yield
        return
    # https://pubs.opengroup.org/onlinepubs/9799919799/functions/tcsetpgrp.html: a process of the
    # background that gives the terminal away is stopped, unless it ignores this signal.
    for each in (signal.SIGTTOU, signal.SIGTSTP):
        signal.signal(each, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    try:
        yield
    finally:
        os.tcsetpgrp(0, group)


if __name__ == "__main__":
    with own_terminal():
        run_with_stack(
            dev,
            "python -m local.dev",
            "Keep the whole path up until Ctrl-C.",
            interrupted=0,
            api_key=LOCAL_API_KEY,
            allowed_origins=f"{EXTENSION_ORIGIN},{os.environ.get('ALLOWED_ORIGINS', '')}",
        )
