"""`make run` and `make dev`: what they print, how they end, and what they leave behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.commands import COMMAND_SECONDS, commands, descendants, remaining, run
from tests.machine import ROOT, pubsub_emulator

PARTS_WITH_GUARDS = 6  # BigQuery, the pipeline and the edge; Pub/Sub may be of this process
STORED = (
    "Sent and stored: 6 events (5 after deduplication), "
    "8 dead letters: 4 refused by the edge, 4 by the pipeline."
)


def test_run_stores_exactly_what_it_sends_through_googles_emulator() -> None:
    pubsub_emulator(port=0)

    ended = run("local.run")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Pub/Sub: Google's emulator" in ended.stdout
    assert ended.stdout.splitlines()[-1] == STORED


def test_run_needs_neither_java_nor_gcloud(tmp_path: Path) -> None:
    ended = run("local.run", environment=os.environ | {"PATH": str(tmp_path)})

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "in-memory server (Java is not on PATH)" in ended.stdout
    assert ended.stdout.splitlines()[-1] == STORED


@pytest.mark.parametrize("module", ["local.run", "local.dev"])
def test_a_busy_port_is_one_clear_line(module: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = run(module, f"--port={port}")

    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    choice = "choose another with --port (make dev PORT=8081), or 0 for a free one"
    assert line.endswith(f"port {port} is busy: {choice}")


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_one_clear_line(port: str) -> None:
    ended = run("local.run", f"--port={port}")

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].endswith(
        f"argument --port: '{port}' is not a port: a number from 0 to 65535"
    )


@pytest.fixture
def dev(checkout: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`make dev`, up and on our Pub/Sub, which starts faster."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local.dev"],
        cwd=checkout,
        env=os.environ | {"CLOUDSDK_ROOT": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        try:
            assert any("Ctrl-C ends everything" in line for line in process.stdout)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_no_process_outlives_a_stack_that_is_ended_while_it_starts(
    number: signal.Signals, exit_code: int
) -> None:
    command = [sys.executable, "-m", "local.dev"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while len(started := descendants(process.pid)) < PARTS_WITH_GUARDS:
            assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=COMMAND_SECONDS)

    assert (process.returncode, errors) == (exit_code, "")
    assert remaining(started) == set()


def test_a_part_that_dies_ends_the_stack_and_is_named(dev: subprocess.Popen[str]) -> None:
    started = descendants(dev.pid)
    module = "local.bigquery.emulator"
    first = min(pid for pid, command in commands(started) if module in command)
    os.kill(first, signal.SIGKILL)  # its workers, if any, are left to its guard

    _, errors = dev.communicate(timeout=COMMAND_SECONDS)

    assert dev.returncode == 1
    assert errors.splitlines() == ["python -m local.dev: bigquery ended with exit code 137"]
    assert remaining(started) == set()
