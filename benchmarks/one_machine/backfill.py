"""A file of events into BigQuery by all cores: how long a million lines take.

    python -m benchmarks.one_machine.backfill --lines 1000000

The rows go to a server on the same machine that only counts them. The outcome goes into the file of
results and into docs/one-machine.md.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.one_machine.pages import write_pages
from benchmarks.one_machine.results import ROOT, load, merged, save
from benchmarks.pipeline.messages import DISTINCT, payload
from local.bigquery.rest_server import BigQueryRestServer
from local.bigquery.write_server import BigQueryWriteServer
from local.names import DEAD_LETTERS, EVENTS


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.one_machine.backfill", description=__doc__
    )
    command.add_argument("--lines", type=int, default=1_000_000)
    command.add_argument("--processes", type=int, default=os.cpu_count())
    options = command.parse_args()
    with tempfile.TemporaryDirectory(prefix="aegis-") as folder:
        file = Path(folder) / "events.jsonl"
        _write(file, options.lines)
        result = _measure(file, options.lines, options.processes)
    print(result)
    save(merged(load(), {"backfill": [result]}))
    write_pages()


def _write(file: Path, lines: int) -> None:
    distinct = [payload(number) + b"\n" for number in range(DISTINCT)]
    with file.open("wb") as output:
        for number in range(lines):
            output.write(distinct[number % DISTINCT])


def _measure(file: Path, lines: int, processes: int) -> dict[str, Any]:
    with BigQueryWriteServer(keep=False) as bigquery, BigQueryRestServer() as rest:
        hosts = {
            "BIGQUERY_EMULATOR_HOST": rest.url,
            "BIGQUERY_STORAGE_EMULATOR_HOST": bigquery.host,
        }
        start = time.monotonic()
        subprocess.run(_command(file, processes), env=os.environ | hosts, cwd=ROOT, check=True)
        seconds = time.monotonic() - start
        if bigquery.count != lines:
            sys.exit(f"{bigquery.count} rows of {lines} lines")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = children.ru_utime + children.ru_stime
    return {
        "lines": lines,
        "processes": processes,
        "seconds": seconds,
        "lines_per_second": lines / seconds,
        "cpu_us_per_line": 1e6 * cpu / lines,
        "load_average": os.getloadavg()[0],
    }


def _command(file: Path, processes: int) -> list[str]:
    return [
        *(sys.executable, "-m", "flex_template.main"),
        f"--processes={processes}",
        f"--input_files={file}",
        f"--events_table={EVENTS}",
        f"--dead_letter_table={DEAD_LETTERS}",
        "--max_event_age_days=3650",
    ]


if __name__ == "__main__":
    main()
