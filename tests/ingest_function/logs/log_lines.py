"""The log lines of an edge in this process."""

import json
import os
import time
from typing import Any

import pytest

from ingest_function.logs.logs import STDOUT

DEADLINE_SECONDS = 30


def log_output(capfd: pytest.CaptureFixture[str]) -> str:
    """What was logged so far; a line is written just after its answer, so the first is awaited."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    # Not by reading: pytest truncates the file after it, and with it what came in between.
    while not os.fstat(STDOUT).st_size:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return capfd.readouterr().out


def line_of(request_id: str, capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The line of one request."""
    lines: list[dict[str, Any]] = []
    while not lines:
        lines = [line for line in log_lines(capfd) if line["request_id"] == request_id]
    return lines[0]


def log_lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log_output(capfd).splitlines()]
