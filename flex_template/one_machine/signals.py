"""SIGTERM and SIGINT as something that a thread waits for."""

import signal
import socket

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


def _ignore(*_: object) -> None:
    """The byte in the socket says it all."""
