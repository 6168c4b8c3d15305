"""The log lines of an edge in this process."""

import json
import time
from typing import Any

import pytest

DEADLINE_SECONDS = 30


def log_output(capfd: pytest.CaptureFixture[str]) -> str:
    """What was logged so far; a line is written just after its answer, so the first is awaited."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (output := capfd.readouterr().out).endswith("\n"):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return output


def log_lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log_output(capfd).splitlines()]
