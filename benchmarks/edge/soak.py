"""A bad day in ten minutes: whether memory and descriptors stay flat, and how soon it recovers.

    python -m benchmarks.edge.soak [--minutes 10] [--server aegis]

Again and again: a flood while there is no Pub/Sub, good clients, a flood while Pub/Sub hangs,
clients that hang up, and the worst bodies. What the process holds is read after each round.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.edge.processes import OTHER_CORE, Program, started
from benchmarks.edge.rough_clients import RoughClients
from benchmarks.edge.servers import SERVERS, running
from local.process import free_port

RESULTS = Path("benchmarks/results")
GONE_SECONDS, STEADY_SECONDS, HUNG_SECONDS, REST_SECONDS = 4.0, 3.0, 12.0, 2.0
# A request that meets a hung Pub/Sub is given up in 3 s, so that each flood fills many queues.
PUBLISH_TIMEOUT_SECONDS = "3"

Sample = dict[str, Any]


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m benchmarks.edge.soak", description=__doc__)
    command.add_argument("--minutes", type=float, default=10)
    command.add_argument("--server", choices=["aegis", "aegis_framework"], default="aegis")
    options = command.parse_args()
    os.environ["PUBLISH_TIMEOUT_SECONDS"] = PUBLISH_TIMEOUT_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        results = soak(options.server, 60 * options.minutes, Path(folder))
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"edge_soak_{options.server}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print_report(results)


def soak(key: str, seconds: float, folder: Path) -> dict[str, Any]:
    """What `key` held after each round, and its answers by kind of client and status."""
    [server] = [each for each in SERVERS if each.key == key]
    pubsub_port = free_port()
    samples: list[Sample] = []
    with running(server, f"127.0.0.1:{pubsub_port}", folder) as program:
        program.wait_until_it_accepts()
        clients = RoughClients(program.port)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            samples.append(_round(program, clients, pubsub_port, folder))
            print(".", end="", flush=True)
    return {"server": server.name, "rounds": samples, "answers": dict(clients.statuses)}


def _round(program: Program, clients: RoughClients, pubsub_port: int, folder: Path) -> Sample:
    """Pub/Sub is gone, is started again, hangs, and goes on."""
    clients.flood(GONE_SECONDS)
    with ExitStack() as stack:
        pubsub = stack.enter_context(_pubsub(pubsub_port, folder))
        after_outage = clients.seconds_to_recover()
        clients.steady(STEADY_SECONDS)
        pubsub.process.send_signal(signal.SIGSTOP)
        clients.flood(HUNG_SECONDS)
        pubsub.process.send_signal(signal.SIGCONT)
        after_hanging = clients.seconds_to_recover()
        clients.hang_up(200)
        clients.worst()
        time.sleep(REST_SECONDS)
        return {
            "recovered_from_outage_seconds": after_outage,
            "recovered_from_hanging_seconds": after_hanging,
            "memory_bytes": program.memory_bytes(),
            "descriptors": program.descriptors(),
        }


@contextmanager
def _pubsub(port: int, folder: Path) -> Iterator[Program]:
    command = [sys.executable, "-m", "benchmarks.edge.slow_pubsub", f"--port={port}"]
    command += ["--milliseconds=10"]
    with started(command, port, OTHER_CORE, {}, folder / "pubsub.log") as program:
        program.wait_until_it_accepts()
        yield program


def print_report(results: dict[str, Any]) -> None:
    table = Table("round", title=f"Soak: {results['server']}")
    for heading in ("memory, MB", "descriptors", "after an outage, s", "after hanging, s"):
        table.add_column(heading, justify="right")
    for number, sample in enumerate(results["rounds"], 1):
        table.add_row(
            str(number),
            f"{sample['memory_bytes'] / 1e6:.0f}",
            str(sample["descriptors"]),
            f"{sample['recovered_from_outage_seconds']:.2f}",
            f"{sample['recovered_from_hanging_seconds']:.2f}",
        )
    console = Console(width=100)
    console.print(table)
    console.print(dict(sorted(results["answers"].items())))


if __name__ == "__main__":
    main()
