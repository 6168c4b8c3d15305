"""SIGTERM and SIGINT: as something that a thread waits for, and as the end of a start."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignal:
    """Takes both signals from its creation on; only the main thread may create it.

    Python runs handlers between two steps of the main thread, which may hold any lock at that
    moment. The byte that the interpreter writes to a socket is read where it is safe to act.
    """

    def __init__(self) -> None:
        self._received, self._sent = socket.socketpair()
        self._sent.setblocking(False)  # noqa: FBT003 - its only parameter
        signal.set_wakeup_fd(self._sent.fileno())
        for number in SIGNALS:
            signal.signal(number, _ignore)

    def wait(self) -> None:
        """Return once a signal has come."""
        self._received.recv(1)


@contextmanager
def quiet_imports(module: str, code: int = 128 + signal.SIGINT) -> Iterator[None]:
    """Let Ctrl-C end a command with `code` while the block imports what it needs.

    Imports take a second or two, and would answer with a traceback from wherever they are. Nothing
    happens unless `module`, the caller's `__name__`, is that of a command.
    """
    if module != "__main__":
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: os._exit(code))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ignore(*_: object) -> None:
    """The byte in the socket says it all."""
