"""Correct events by a jq program, bounded in time and memory for each."""

import signal
import subprocess
import sys
from typing import IO, Self

from flex_template.replay import jq_child
from flex_template.replay.jq_child import CPU_SECONDS, LENGTH, OK

MAX_PROGRAM_BYTES = 64 * 1024
MAX_ENDED = 5  # at 2 s each, a program without an end costs ten seconds and not hours
_ENDINGS = {
    signal.SIGPROF: f"it takes more than {CPU_SECONDS:g} s",
    signal.SIGABRT: "it takes too much memory",
}


class RepairError(ValueError):
    """The program does not compile; the message is jq's."""


class NotRepaired(Exception):  # noqa: N818 - a verdict on one letter, not a fault of the program
    """The program has no one answer for this event; the message says why."""


class Repair:
    """One jq program, https://jqlang.github.io/jq/manual/, over one event at a time.

    Raises:
        RepairError: the program does not compile.
    """

    def __init__(self, program: str) -> None:
        self.program = program
        self._ended = 0
        self._child: subprocess.Popen[bytes] | None = None
        if len(program.encode(errors="replace")) > MAX_PROGRAM_BYTES:
            raise RepairError(f"the program has more than {MAX_PROGRAM_BYTES} bytes")
        self._start()

    def __call__(self, payload: bytes) -> bytes:
        """The repaired event as JSON.

        Raises:
            NotRepaired: the program fails, does not end, or gives no value or several.
        """
        if self._ended >= MAX_ENDED:
            raise NotRepaired(f"not tried: the program was ended on {MAX_ENDED} others")
        if self._child is None:
            self._start()
        answer = self._ask(payload)
        if not answer.startswith(OK):
            raise NotRepaired(_text(answer[1:]))
        return answer[1:]

    def _start(self) -> None:
        command = [sys.executable, "-I", jq_child.__file__]
        self._child = subprocess.Popen(
            command,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            answer = self._ask(self.program.encode(errors="replace"))
        except NotRepaired as reason:
            raise RepairError(str(reason)) from None
        if answer != OK:
            self.close()
            raise RepairError(_text(answer[1:]))

    def _ask(self, frame: bytes) -> bytes:
        assert self._child is not None
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(LENGTH.pack(len(frame)) + frame)
            self._child.stdin.flush()
            return _read(self._child.stdout)
        except (BrokenPipeError, EOFError):
            raise NotRepaired(self._ending()) from None

    def _ending(self) -> str:
        """Why the child ended; the next event gets a new one."""
        assert self._child is not None
        code = self._child.wait()
        self.close()
        self._ended += 1
        return _ENDINGS.get(signal.Signals(-code), "jq crashed") if code < 0 else "jq ended"

    def close(self) -> None:
        """End the child; nothing of the next event is lost by it."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(stream: IO[bytes]) -> bytes:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (size,) = LENGTH.unpack(head)
    answer = stream.read(size)
    if len(answer) < size:
        raise EOFError
    return answer


def _text(answer: bytes) -> str:
    return answer.decode(errors="replace")
