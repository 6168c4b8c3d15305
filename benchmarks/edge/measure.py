"""Runs of every server under every load, interleaved, and their medians."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.edge.processes import OTHER_CORE, Program
from benchmarks.edge.servers import SERVERS, cold_start_seconds, running, running_pubsub

Result = dict[str, float]


class Load(NamedTuple):
    """Events per request, and connections that send without a pause."""

    events: int
    connections: int


class Plan(NamedTuple):
    loads: Sequence[Load]
    runs: int
    seconds: float
    cold_starts: int


def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    """The results of a plan, as the JSON file has them; CPU is the server's own."""
    with running_pubsub(folder) as (pubsub_name, pubsub_host):
        cold = {
            server.key: median(
                cold_start_seconds(server, pubsub_host, folder) for _ in range(plan.cold_starts)
            )
            for server in SERVERS
        }
        with ExitStack() as stack:
            programs = {
                server.key: stack.enter_context(running(server, pubsub_host, folder))
                for server in SERVERS
            }
            for program in programs.values():
                program.wait_until_it_accepts()
            results = list(_interleaved(plan, programs))
            memory = {key: program.memory_bytes() for key, program in programs.items()}
    return {
        "pubsub": pubsub_name,
        "runs": plan.runs,
        "seconds": plan.seconds,
        "cold_start_seconds": cold,
        "memory_bytes": memory,
        "loads": results,
    }


def _interleaved(plan: Plan, programs: dict[str, Program]) -> Iterator[dict[str, Any]]:
    """Every server under one load in turn, again and again: a slow spell hits all of them."""
    for load in plan.loads:
        samples: dict[str, list[Result]] = {server.key: [] for server in SERVERS}
        for _, server in product(range(plan.runs), SERVERS):
            program = programs[server.key]
            url = f"http://127.0.0.1:{program.port}{server.path}"
            samples[server.key].append(_sample(program, url, load, plan.seconds))
        yield {
            **load._asdict(),
            "servers": {key: _medians(found) for key, found in samples.items()},
        }
        print(".", end="", flush=True)


def _sample(program: Program, url: str, load: Load, seconds: float) -> Result:
    command = [
        *("taskset", "--cpu-list", str(OTHER_CORE), sys.executable, "-m", "benchmarks.edge.load"),
        *(f"--url={url}", f"--seconds={seconds}"),
        *(f"--connections={load.connections}", f"--events={load.events}"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        client.stdout.readline()
        before = program.cpu_seconds()
        client.stdout.readline()
        cpu = program.cpu_seconds() - before
        found = json.loads(client.stdout.readline())
    events = found["requests"] * load.events
    return {
        "requests_per_second": found["requests"] / found["seconds"],
        "events_per_second": events / found["seconds"],
        "p50_ms": found["p50_ms"],
        "p99_ms": found["p99_ms"],
        "cpu_us_per_event": 1_000_000 * cpu / events,
    }


def _medians(samples: Sequence[Result]) -> Result:
    return {name: median(sample[name] for sample in samples) for name in samples[0]}
