"""The stack's commands as a user starts them, and the processes that they start."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from local import end_with_parent
from tests.machine import ROOT, require

COMMAND_SECONDS = 180
GONE_SECONDS = 30
GUARD = str(Path(end_with_parent.__file__).relative_to(ROOT))


def run(
    module: str, *arguments: str, environment: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )


def descendants(pid: int) -> set[int]:
    """All processes below `pid`, as `ps` lists them."""
    children = defaultdict(set)
    for child, parent, _ in _processes():
        children[parent].add(child)
    found: set[int] = set()
    waiting = {pid}
    while waiting:
        waiting = set().union(*(children[parent] for parent in waiting)) - found
        found |= waiting
    return found


def remaining(pids: set[int]) -> set[int]:
    """Which of `pids` still run after a generous wait."""
    deadline = time.monotonic() + GONE_SECONDS
    while (alive := _running() & pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    return alive


def commands(pids: set[int]) -> list[tuple[int, str]]:
    """The command line of each of `pids` but the guards, which end commands with their parent."""
    listing = _ps("pid=,args=")
    lines = (line.strip().partition(" ") for line in listing)
    return [(int(pid), args) for pid, _, args in lines if int(pid) in pids and GUARD not in args]


def _running() -> set[int]:
    return {pid for pid, _, state in _processes() if not state.startswith("Z")}


def _processes() -> list[tuple[int, int, str]]:
    lines = (line.split() for line in _ps("pid=,ppid=,stat="))
    return [(int(pid), int(parent), state) for pid, parent, state in lines]


def _ps(columns: str) -> list[str]:
    require("ps")
    command = ["ps", "-A", "-ww", "-o", columns]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
