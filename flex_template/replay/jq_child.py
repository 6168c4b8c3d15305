"""Runs a jq program over one document after another, in a process of its own.

Frames on standard input and output are a length of four bytes and that many bytes. The first frame
in is the program, and its answer says whether it compiles; then each document has one answer. The
kernel ends this process if one document takes too long or too much memory: jq, being C, hands no
control back. It may open no file, and its environment is empty.
"""

import json
import resource
import signal
import struct
import sys
from itertools import islice
from typing import Any

import jq

# Changing each of the 5,000 numbers that fit into an event's details takes 0.07 s.
CPU_SECONDS = 2.0
# A message of Pub/Sub's 10 MB that holds nothing but small numbers takes about 400 MB of jq's.
MEMORY_BYTES = 1024 * 1024 * 1024
LENGTH = struct.Struct("!I")
OK = b"="
FAILED = b"!"


def main() -> None:
    _restrict()
    program = None
    while (frame := _read()) is not None:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)  # its signal's default ends the process
        if program is None:
            program, answer = _compile(frame)
        else:
            answer = _apply(program, frame)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(LENGTH.pack(len(answer)) + answer)
        sys.stdout.buffer.flush()


def _restrict() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read() -> bytes | None:
    head = sys.stdin.buffer.read(LENGTH.size)
    return sys.stdin.buffer.read(LENGTH.unpack(head)[0]) if head else None


def _compile(program: bytes) -> tuple[Any | None, bytes]:
    try:
        return jq.compile(program.decode()), OK
    except ValueError as error:
        return None, FAILED + _words(error)


def _apply(program: Any, document: bytes) -> bytes:
    try:
        values = list(islice(iter(program.input_text(document.decode())), 2))
        if len(values) != 1:
            return FAILED + (b"it gives several values" if values else b"it gives no value")
        return OK + json.dumps(values[0], ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError, MemoryError) as error:
        return FAILED + _words(error)


def _words(error: Exception) -> bytes:
    """One line; jq quotes the document in its messages, so no more than a little of it."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:200].encode(errors="replace")


if __name__ == "__main__":
    main()
