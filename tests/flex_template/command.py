"""The pipeline's command: called in this process, or as a process of its own."""

import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import NamedTuple
from unittest.mock import patch

from apache_beam.internal.gcp import auth

from flex_template import main
from tests.machine import ROOT

COMMAND = [sys.executable, "-m", "flex_template.main"]
OURS = ("GCP_PROJECT_ID", "PUB_SUB_TOPIC_ID", "BIGQUERY_DATASET_ID", "BIGQUERY_TABLE_ID")


class Ended(NamedTuple):
    """How a command ended, and what it and its log printed."""

    returncode: int
    stdout: str
    stderr: str


def run_main(*arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run it to its end in this process, which saves the seconds that importing Beam takes.

    It sees only those of our own variables that `environment` gives.
    """
    output, errors = StringIO(), StringIO()
    with (
        _environment(environment or {}),
        _logged_to(errors),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        code = _exit_code(arguments)
    return Ended(code, output.getvalue(), errors.getvalue())


def run_process(*arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """The same as a process of its own."""
    with _environment(environment or {}):
        ended = subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def _exit_code(arguments: tuple[str, ...]) -> int:
    """What the interpreter makes of the ways in which a program ends."""
    try:
        main.run(arguments, os.environ)
    except SystemExit as end:
        if isinstance(end.code, int):
            return end.code
        print(end.code, file=sys.stderr)  # noqa: T201
        return 1
    except Exception:  # noqa: BLE001 - the interpreter prints whatever it is
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    auth._Credentials._credentials_init = False  # Beam keeps the first that it finds
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    with patch.dict(os.environ, inherited | dict(changes), clear=True):
        yield


@contextmanager
def _logged_to(stream: StringIO) -> Iterator[None]:
    handler, root = logging.StreamHandler(stream), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield
    root.setLevel(level)
    root.removeHandler(handler)
