"""Starts the interpreters that hold gcloud, bq and the pipeline, once for all tests of a worker."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local.process import Process
from local.pubsub.google_emulator import sdk_root

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
# This Python first: a version manager's python3 takes longer to start than the scripts to run.
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


@contextmanager
def warm_sdk(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `gcloud` and `bq` start in some hundredths of a second.

    They run the SDK's own programs, as its shell scripts do with the Python that it brings along.
    """
    root = sdk_root()
    bundled = root / "platform/bundledpythonunix/bin/python3"
    python = str(bundled) if bundled.exists() else sys.executable
    tools = {
        "gcloud": ("lib/third_party", "lib", "bin/bootstrapping"),
        "bq": ("platform/bq/third_party", "platform/bq"),
    }
    with ExitStack() as servers:
        gcloud, bq = (
            _serve(servers, python, folder, name, *(root / place for place in places))
            for name, places in tools.items()
        )
        commands = folder / "bin"
        commands.mkdir()
        _stand_in(commands / "gcloud", gcloud, root / "lib/gcloud.py")
        _stand_in(commands / "bq", gcloud, root / "bin/bootstrapping/bq.py")
        # https://cloud.google.com/sdk/gcloud/reference/topic/startup
        yield {
            "PATH": f"{commands}:{PATH}",
            "CLOUDSDK_BQ_PYTHON": str(_stand_in(folder / "python-of-bq", bq)),
            "CLOUDSDK_PYTHON_SITEPACKAGES": "1",
        }


@contextmanager
def warm_pipeline(folder: Path) -> Iterator[Path]:
    """An interpreter for `-m flex_template.main`."""
    with ExitStack() as servers:
        server = _serve(servers, sys.executable, folder, "pipeline", REPOSITORY)
        yield _stand_in(folder / "python", server)


def _serve(servers: ExitStack, python: str, folder: Path, name: str, *places: Path) -> Path:
    address = folder / f"{name}.socket"
    command = [python, str(HERE / "server.py"), str(address), *map(str, places)]
    # What they do when they are imported must not reach the user's own configuration.
    environment = {"CLOUDSDK_CONFIG": str(folder / "config")}
    process = servers.enter_context(Process(name, command, environment, folder))
    process.wait_until(address.is_socket)
    return address


def _stand_in(command: Path, *server_and_script: Path) -> Path:
    """A `command` that the server runs; an interpreter, if no script is named."""
    words = [sys.executable, "-IS", HERE / "client.py", *server_and_script]
    command.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, words))} "$@"\n')
    command.chmod(0o755)
    return command
