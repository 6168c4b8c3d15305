"""How a command starts: by imports, which take most of a short command's time."""

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

COMMANDS = {"__main__", "__mp_main__"}  # the latter in the processes that a command starts


@contextmanager
def command_imports(module: str, interrupted: int = 128 + signal.SIGINT) -> Iterator[None]:
    """Let a command import within the block what it needs.

    Ctrl-C would answer with a traceback from wherever the imports are: it ends the command with the
    code `interrupted`. What is imported stays to the end: Python's collector need not walk it again
    and again, neither now nor later nor at the end, which would take half as long as the imports.
    Nothing happens unless `module`, the caller's `__name__`, is that of a command.
    """
    if module not in COMMANDS:
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: os._exit(interrupted))
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
        signal.signal(signal.SIGINT, before)
