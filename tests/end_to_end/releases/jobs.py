"""The pipeline's service as a release runs it, one process each, and edges before it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.machine import ROOT

SECONDS = 120


class Job:
    """A service that reads a subscription into the tables."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log

    def wait_for(self, met: Callable[[], object]) -> None:
        """Poll until `met`, for as long as it runs."""
        deadline = time.monotonic() + SECONDS
        while not met():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def ended(self) -> int:
        """Its exit code, once it has ended by itself."""
        return self._process.wait(SECONDS)

    def stop(self) -> int:
        """Its exit code after SIGTERM."""
        self._process.terminate()
        return self._process.wait(10)

    def log(self) -> str:
        return self._log.read_text()[-3000:]


@contextmanager
def job(
    subscription: str, events: str, dead_letters: str, log: Path, release: Path = ROOT
) -> Iterator[Job]:
    """Start the service of the release in this folder; killed at the end if it is still there."""
    command = [
        # `-P` keeps the present folder off the path, where another release is.
        *(sys.executable, "-P", "-m", "flex_template.main", "--runner=DirectRunner"),
        f"--input_subscription={subscription}",
        f"--events_table={events}",
        f"--dead_letter_table={dead_letters}",
        "--max_event_age_days=3650",
    ]
    environment = {**os.environ, "PYTHONPATH": str(release)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=release, env=environment, stderr=output)
        try:
            yield Job(process, log)
        finally:
            process.kill()
            process.wait()
