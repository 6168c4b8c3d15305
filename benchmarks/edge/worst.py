"""CPU of the worst requests, and what they do to small ones.

    python -m benchmarks.edge.worst

The table is in docs/edge.md: at most 50 ms each, and small requests' p99 at most ten times what it
is without them.
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.edge.pages import attacked, worst, write_pages
from benchmarks.edge.processes import OTHER_CORE, Program
from benchmarks.edge.servers import SERVERS, running, running_pubsub
from benchmarks.edge.worst_bodies import worst_bodies

RESULTS = Path("benchmarks/results/edge_worst.json")
REPEATS = 20
ATTACKERS = 4


def main() -> None:
    bodies = worst_bodies()
    with (
        tempfile.TemporaryDirectory() as name,
        running_pubsub(Path(name)) as (_, pubsub),
        running(SERVERS[0], pubsub, Path(name)) as program,
    ):
        program.wait_until_it_accepts()
        found = {kind: _cost(program, *body) for kind, body in bodies.items()}
        costliest = max(found, key=lambda kind: found[kind]["cpu_ms"])
        quiet = _small_requests(program)
        with _attack(program, *bodies[costliest]):
            disturbed = _small_requests(program)
        memory = program.memory_bytes()
    results = {
        "requests": found,
        "small_p99_ms": quiet["p99_ms"],
        "attacked_p99_ms": disturbed["p99_ms"],
        "memory_bytes": memory,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    write_pages()
    print(worst())
    print(f"p99 of small requests, without and with the most expensive beside them: {attacked()}")


def _cost(program: Program, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """The server's own CPU for one request, of `REPEATS` that are sent one after the other."""
    _post(program, body, headers)
    before = program.cpu_seconds()
    answers = [_post(program, body, headers) for _ in range(REPEATS)]
    cpu = (program.cpu_seconds() - before) / REPEATS
    status, size = answers[-1]
    return {"body_bytes": len(body), "status": status, "answer_bytes": size, "cpu_ms": 1000 * cpu}


def _post(program: Program, body: bytes, headers: dict[str, str]) -> tuple[int, int]:
    connection = HTTPConnection("127.0.0.1", program.port, timeout=60)
    try:
        all_headers = {"Content-Type": "application/json", **headers}
        connection.request("POST", "/v1/events", body, all_headers)
        response = connection.getresponse()
        return response.status, len(response.read())
    finally:
        connection.close()


@contextmanager
def _attack(program: Program, body: bytes, headers: dict[str, str]) -> Iterator[None]:
    """Connections that send the same body without a pause."""
    is_over = threading.Event()

    def send() -> None:
        while not is_over.is_set():
            _post(program, body, headers)

    threads = [threading.Thread(target=send) for _ in range(ATTACKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _small_requests(program: Program) -> dict[str, float]:
    url = f"http://127.0.0.1:{program.port}/v1/events"
    load = [sys.executable, "-m", "benchmarks.edge.load", f"--url={url}"]
    ended = subprocess.run(
        ["taskset", "--cpu-list", str(OTHER_CORE), *load, "--connections=16", "--seconds=5"],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
