"""Child processes that never outlive this one, with their output in a file."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from local import end_with_parent

ROOT = Path(__file__).parent.parent  # of the project
STOP_SECONDS = end_with_parent.GRACE_SECONDS + 5
LOG_LINES = 15  # the end of a traceback, and its message
FIRST_PORT, LAST_PORT = 20_000, 32_000  # see `free_port`


class StackError(Exception):
    """Why the stack cannot run, in one line; `log` holds the last lines of the part at fault."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log


class Process:
    """A command that ends with `stop`, or with this process, however that ends.

    Its temporary files lie beside its log, and so go with it.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log_folder: Path
    ) -> None:
        self.name = name
        self.log_file = log_folder / f"{name}.log"
        with self.log_file.open("wb") as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", end_with_parent.__file__, *command],
                env={**os.environ, "TMPDIR": str(log_folder), **environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C reaches this process alone
            )

    def check_alive(self) -> None:
        """Raise `StackError` if the command has ended."""
        if self._guard.poll() is not None:
            message = f"{self.name} ended with exit code {self._guard.returncode}"
            raise StackError(message, self.log_tail())

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Poll `ready`; raise `StackError` if the command ends or the time is over."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check_alive()
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} not ready in {seconds:g} s", self.log_tail())
            time.sleep(0.05)

    def log_tail(self) -> str:
        lines = self.log_file.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])

    def stop(self) -> None:
        """End the command and all it started; returns when they are gone."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait(STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless they are there.

    Raises:
        StackError: nothing may be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(f"cannot make the folder {folder}: {error.strerror}") from None


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on at the moment.

    Not one of those that the kernel hands to outgoing connections (from 32768 on Linux, from 49152
    elsewhere): such a port may be taken before the process that it is meant for listens on it.
    """
    while True:
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT + 1)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def accepts(port: int) -> bool:
    """Whether something listens on `port` of 127.0.0.1."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
