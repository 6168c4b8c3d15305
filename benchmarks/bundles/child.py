"""One measurement in a process of its own: threads that append bundle after bundle.

    python -m benchmarks.bundles.child ROWS THREADS SECONDS

The environment names the server that counts the rows. Prints CPU, rows and latencies as JSON.
"""

import json
import sys
import threading
import time
from itertools import count
from statistics import quantiles

from benchmarks.pipeline.child import cpu_seconds
from benchmarks.pipeline.messages import serialized
from benchmarks.pipeline.work import EVENTS_TABLE
from flex_template.bigquery.append import AppendEvents
from flex_template.chunks.chunk import Chunk, advance, decoded
from flex_template.steps import convert_event, parse_message, validate_document
from schemas import DEFAULT_LIMITS

WARM_UP_SECONDS = 0.5


def converted(rows: int) -> Chunk:
    """A chunk of so many rows as the sink gets it."""
    chunk = decoded(list(serialized(rows)))
    for step in (
        parse_message,
        lambda message, document: validate_document(message, document, DEFAULT_LIMITS),
        convert_event,
    ):
        chunk = advance(chunk, step)
    return chunk


class Worker:
    """A thread's sink; it notes how long each bundle took."""

    def __init__(self, chunk: Chunk) -> None:
        self.seconds: list[float] = []
        self._chunk = chunk
        self._sink = AppendEvents(EVENTS_TABLE)
        self._sink.setup()

    def run(self, until: float) -> None:
        for _ in count():
            began = time.monotonic()
            if began >= until:
                return
            self._sink.start_bundle()
            self._sink.process(self._chunk)
            list(self._sink.finish_bundle())
            self.seconds.append(time.monotonic() - began)


def run(workers: list[Worker], seconds: float) -> None:
    """Let all work for so long."""
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=worker.run, args=[until]) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    rows, threads, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    workers = [Worker(converted(rows)) for _ in range(threads)]
    run(workers, WARM_UP_SECONDS)
    for worker in workers:
        worker.seconds.clear()
    cpu, began = cpu_seconds(), time.monotonic()
    run(workers, seconds)
    cpu, wall = cpu_seconds() - cpu, time.monotonic() - began
    bundles = [each for worker in workers for each in worker.seconds]
    percentiles = quantiles(bundles, n=100)
    result = {
        "cpu_us_per_row": 1_000_000 * cpu / len(bundles) / rows,
        "rows_per_second": len(bundles) * rows / wall,
        "cpu_share": cpu / wall,
        "p50_ms": 1000 * percentiles[49],
        "p99_ms": 1000 * percentiles[98],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
