"""Every measurement in a fresh process on one core, its server on another; medians of many."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any, NamedTuple

from benchmarks.pipeline.child import WARM_UP
from benchmarks.pipeline.messages import DISTINCT, payload

INSERT_ALL = ("benchmarks.pipeline.insert_all_server", "BIGQUERY_EMULATOR_HOST")
APPEND_ROWS = ("local.bigquery.write_server", "BIGQUERY_STORAGE_EMULATOR_HOST")
MESSAGE_BYTES = sum(len(payload(number)) for number in range(DISTINCT)) / DISTINCT


class Case(NamedTuple):
    """One of `work.WORKS`, over this many events, of which this percentage is bad."""

    work: str
    events: int
    bad_percent: int = 0


class Plan(NamedTuple):
    """How many events each work gets, and how often."""

    runs: int
    ours: int
    baselines: int
    growth: Sequence[int]

    def cases(self) -> dict[str, list[Case]]:
        """The cases by table."""
        return {
            "runner": [
                Case("baseline", self.baselines),
                Case("fast_baseline", self.baselines),
                Case("ours", self.ours),
            ],
            "functions": [
                Case("parse_only", self.ours),
                *(Case("functions", self.ours, percent) for percent in (0, 10, 100)),
            ],
            "growth": [Case("ours", events) for events in self.growth],
        }


def measure(plan: Plan) -> dict[str, Any]:
    """The results of a plan, as the JSON file has them."""
    tables = {name: _interleaved(cases, plan.runs) for name, cases in plan.cases().items()}
    return {"runs": plan.runs, "message_bytes": MESSAGE_BYTES, **tables}


def _interleaved(cases: Sequence[Case], runs: int) -> list[dict[str, Any]]:
    """All cases in turn, again and again: a slow spell hits all of them."""
    samples: list[list[dict[str, int | float]]] = [[] for _ in cases]
    for _ in range(runs):
        for case, found in zip(cases, samples, strict=True):
            found.append(_sample(case))
            print(".", end="", flush=True, file=sys.stderr)
    return [_result(case, found) for case, found in zip(cases, samples, strict=True)]


def _result(case: Case, samples: Sequence[dict[str, int | float]]) -> dict[str, Any]:
    cpu = median(sample["cpu_seconds"] for sample in samples)
    return {
        **case._asdict(),
        "cpu_us_per_event": 1_000_000 * cpu / case.events,
        "events_per_cpu_second": case.events / cpu,
        "mb_per_cpu_second": MESSAGE_BYTES * case.events / cpu / 1_000_000,
        "peak_mb": median(sample["peak_bytes"] for sample in samples) / 1_000_000,
        "samples": samples,
    }


def _sample(case: Case) -> dict[str, int | float]:
    server, variable = INSERT_ALL if "baseline" in case.work else APPEND_ROWS
    with started(server, core=-1) as serving:
        assert serving.stdout is not None
        address = serving.stdout.readline().strip()
        arguments = ("benchmarks.pipeline.child", case.work, str(case.events))
        bad = f"--bad-percent={case.bad_percent}"
        with started(*arguments, bad, core=0, environment={variable: address}) as child:
            output, _ = child.communicate()
        serving.terminate()
        _check_rows(case, int(serving.stdout.readline().split()[0]))
    return json.loads(output)  # type: ignore[no-any-return]


def _check_rows(case: Case, rows: int) -> None:
    expected = 0 if case.work == "parse_only" else WARM_UP + case.events
    if rows != expected:
        sys.exit(f"{case} stored {rows} rows instead of {expected}: the numbers mean nothing")


@contextmanager
def started(
    *arguments: str, core: int, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """`python -m` with its input and output piped; on one core where the system can pin it."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    with process:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {sorted(os.sched_getaffinity(0))[core]})
        try:
            yield process
        finally:
            process.terminate()
