"""One measurement in a process of its own, which prints its CPU time and its peak memory.

    python -m benchmarks.pipeline.child ours 200000

The environment names the server that counts the rows. A small first run loads what loads lazily.
"""

import argparse
import json
import resource
import sys
from unittest.mock import patch

from google.auth.credentials import AnonymousCredentials

from benchmarks.pipeline.work import PROJECT, WORKS

WARM_UP = 500
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("work", choices=WORKS)
    command.add_argument("events", type=int)
    command.add_argument("--bad-percent", type=int, default=0)
    options = command.parse_args()
    work = WORKS[options.work]
    # Beam's sink insists on credentials, even for a server on this machine.
    with patch("google.auth.default", return_value=(AnonymousCredentials(), PROJECT)):
        work(WARM_UP, options.bad_percent)
        before = cpu_seconds()
        work(options.events, options.bad_percent)
        seconds = cpu_seconds() - before
    print(json.dumps({"cpu_seconds": seconds, "peak_bytes": peak_bytes()}))


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_bytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


if __name__ == "__main__":
    main()
