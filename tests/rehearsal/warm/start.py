"""Starts the interpreters that hold gcloud, bq and the pipeline, once for all tests of a worker."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from local.process import Process

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]


@cache
def sdk_root() -> Path:
    """Where the Google Cloud CLI is installed."""
    command = ["gcloud", "info", "--format=value(installation.sdk_root)"]
    return Path(subprocess.check_output(command, text=True).strip())


@contextmanager
def warm_sdk(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `gcloud` and `bq` start in some hundredths of a second."""
    root = sdk_root()
    bundled = root / "platform/bundledpythonunix/bin/python3"
    python = str(bundled) if bundled.exists() else sys.executable
    tools = {
        "gcloud": ("lib/third_party", "lib", "bin/bootstrapping"),
        "bq": ("platform/bq/third_party", "platform/bq"),
    }
    with ExitStack() as servers:
        for name, places in tools.items():
            _serve(servers, python, folder, name, *(root / place for place in places))
        # https://cloud.google.com/sdk/gcloud/reference/topic/startup
        interpreter = str(_interpreter(folder))
        yield {
            "CLOUDSDK_PYTHON": interpreter,
            "CLOUDSDK_BQ_PYTHON": interpreter,
            "CLOUDSDK_PYTHON_SITEPACKAGES": "1",
        }


@contextmanager
def warm_pipeline(folder: Path) -> Iterator[Path]:
    """An interpreter for `-m flex_template.main`."""
    with ExitStack() as servers:
        _serve(servers, sys.executable, folder, "pipeline", REPOSITORY)
        yield _interpreter(folder)


def _serve(servers: ExitStack, python: str, folder: Path, name: str, *places: Path) -> None:
    address = folder / name
    command = [python, str(HERE / "server.py"), str(address), *map(str, places)]
    # What they do when they are imported must not reach the user's own configuration.
    environment = {"CLOUDSDK_CONFIG": str(folder / "config")}
    process = servers.enter_context(Process(name, command, environment, folder))
    process.wait_until(address.is_socket)


def _interpreter(folder: Path) -> Path:
    path = folder / "python"
    words = shlex.join([sys.executable, "-IS", str(HERE / "client.py"), str(folder)])
    path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    path.chmod(0o755)
    return path
