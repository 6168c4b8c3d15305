"""Run a command that ends when the process at the other end of standard input does.

    python end_with_parent.py COMMAND [ARGUMENT ...]

A parent killed by SIGKILL cannot stop its children, but the kernel closes its pipes: works on
every POSIX system, and takes the command's own children along.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

GRACE_SECONDS = 5  # a part that takes longer to end is killed: Ctrl-C is not kept waiting


def main() -> int:
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, process_group=0)
    threading.Thread(target=_end_with_parent, args=[child], daemon=True).start()
    code = child.wait()
    _signal_group(child, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _end_with_parent(child: subprocess.Popen[bytes]) -> None:
    os.read(sys.stdin.fileno(), 1)  # nothing is ever sent: returns at the end of the pipe
    _signal_group(child, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_SECONDS)
    _signal_group(child, signal.SIGKILL)


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main())
