"""A Python interpreter that holds a program's modules: each further run of it is only a fork.

    python server.py SOCKET FOLDER...

gcloud imports for most of a second before it does anything, Beam for four, and the rehearsals start
them hundreds of times. For each request a child of this process takes over the caller's arguments,
environment, folder and standard files, and runs the script or module unchanged. What it imported,
this process imports before the next request, from the FOLDERs in front of its own path. Needs
nothing but Python, because gcloud and bq run under the one that they bring along.
"""

import ast
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from typing import Any

REQUEST_BYTES = 1 << 20
STANDARD_FILES = 3
# In this order: they read the metadata server's address when they are imported, or remember that no
# such server answered this process.
READ_THE_ENVIRONMENT = (
    "google.auth.compute_engine._metadata",
    "googlecloudsdk.core.credentials.gce_read",
    "googlecloudsdk.core.credentials.gce_cache",
    "googlecloudsdk.core.credentials.gce",
)


def serve(listening: socket.socket) -> None:
    """Fork for every request, until somebody ends this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    tried: set[str] = set()
    while True:
        ready, _, _ = select.select([listening, ours], [], [])
        if ours in ready:
            names = json.loads(ours.recv(REQUEST_BYTES))
            import_all([name for name in names if name not in tried])
            tried.update(names)
        else:
            start_one(listening, theirs)


def import_all(names: list[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001, S112 - gcloud makes modules that no import finds
            continue


def start_one(listening: socket.socket, parent: socket.socket) -> None:
    caller, _ = listening.accept()
    request, files, _, _ = socket.recv_fds(caller, REQUEST_BYTES, STANDARD_FILES)
    if os.fork() == 0:
        become(ast.literal_eval(request.decode()), files)
        before = set(sys.modules)
        code = exit_code(sys.argv)
        sys.stdout.flush()
        sys.stderr.flush()
        parent.send(json.dumps([name for name in sys.modules if name not in before]).encode())
        caller.send(bytes([code]))
        os._exit(code)
    caller.close()
    for file in files:
        os.close(file)


def become(request: dict[str, Any], files: list[int]) -> None:
    """Stand in the caller's place."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["arguments"]
    for name in READ_THE_ENVIRONMENT:
        if name in sys.modules:
            importlib.reload(sys.modules[name])


def exit_code(arguments: list[str]) -> int:
    """Run `script argument...` or `-m module argument...`; how the interpreter would end."""
    try:
        if arguments[0] == "-m":
            del arguments[0]
            runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as at the end of any program
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def main() -> None:
    _, address, *folders = sys.argv
    sys.path[:0] = folders
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        serve(listening)


if __name__ == "__main__":
    main()
