"""Options that mean something on one machine only; a Dataflow job has no use for them."""

import argparse

from flex_template.command_line import is_port

MAX_PROCESSES = 64  # at 200 MB each: a typing error must not fill the machine


def add_options(command: argparse.ArgumentParser) -> None:
    """Add `--processes` and `--status_address`."""
    group = command.add_argument_group("on one machine")
    group.add_argument(
        "--processes",
        type=_processes,
        default=1,
        help='How many processes share the work: one for each core, as in --processes="$(nproc)".',
    )
    group.add_argument(
        "--status_address",
        type=_address,
        help="Serve /health and /metrics (Prometheus) at this host:port, such as 127.0.0.1:9464; "
        "without it, neither is served.",
    )


def _processes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PROCESSES):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MAX_PROCESSES}")
    return int(text)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not is_port(port):
        raise argparse.ArgumentTypeError(f"{text!r} is malformed; example: 127.0.0.1:9464")
    return host.strip("[]"), int(port)
