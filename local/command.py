"""What `local.run` and `local.dev` share: the stack around a program, and its clear ends."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

import httpx
from google.api_core.exceptions import GoogleAPIError
from rich.console import Console

from flex_template.command_line import port
from local.process import StackError
from local.stack import Stack

ENDING_SECONDS = 1  # a broken connection is seen before the end of the process behind it

Program = Callable[[Stack, Console], None]


def run_with_stack(
    program: Program,
    prog: str,
    description: str,
    *,
    interrupted: int = 128 + signal.SIGINT,
    api_key: str | None = None,
    allowed_origins: str = "",
) -> None:
    """Start the stack, call `program`, stop the stack.

    Raises:
        SystemExit: with a line that says what is wrong; `interrupted` after Ctrl-C, 143 after
            SIGTERM.
    """
    # A shell starts background jobs with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    command = argparse.ArgumentParser(prog=prog, description=description)
    command.add_argument(
        "--port", type=port, default=0, help="port of the edge; 0, the default, picks a free one"
    )
    options = command.parse_args()
    console = Console()
    try:
        _run(
            program, console, Stack(options.port, api_key=api_key, allowed_origins=allowed_origins)
        )
    except StackError as error:
        if error.log:
            console.print(error.log, markup=False, highlight=False)
        sys.exit(f"{prog}: {error}")
    except KeyboardInterrupt:
        sys.exit(interrupted)


def _run(program: Program, console: Console, stack: Stack) -> None:
    with ExitStack() as parts:
        with console.status("starting Pub/Sub, BigQuery, the edge and the pipeline …"):
            parts.enter_context(stack)
        try:
            program(stack, console)
        except (OSError, httpx.TransportError, GoogleAPIError):
            time.sleep(ENDING_SECONDS)
            stack.check_alive()
            raise
