"""One stack of `make dev`: every walk-through as its page has it, the console, and the end."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from local.names import EXTENSION_ORIGIN, LOCAL_API_KEY
from tests.end_to_end.commands import COMMAND_SECONDS, descendants, remaining
from tests.end_to_end.shell import Shell, absent, steps
from tests.machine import ROOT, require

PAGES = ["first-event", "find-an-event", "ask-the-data", "bad-release"]
ARRIVAL_SECONDS = 60
OTHER_ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
LOOKS = ("make query", "make trace", "--dry_run")
# The environment is there already, and its stamp may be older than a pin: nothing is installed.
MAKE = 'make() { command make --assume-old=.venv/.installed --no-print-directory "$@"; }'


# Makes its standard input the terminal of its session.
WITH_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Dev(NamedTuple):
    """`make dev` as a process, with the keys of its terminal; its addresses and surroundings."""

    process: subprocess.Popen[str]
    keys: int
    console: str
    edge: str
    environment: dict[str, str]
    checkout: Path


@pytest.fixture(scope="module")
def running(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    home = tmp_path_factory.mktemp("home")
    # A reader's shell has what is installed on the machine, and not what is in `.venv`.
    places = os.environ["PATH"].split(os.pathsep)
    path = os.pathsep.join(each for each in places if not Path(each).is_relative_to(ROOT))
    environment = {"PATH": path, "HOME": str(home)}
    # Our Pub/Sub starts faster than Google's, which needs the root of an SDK.
    make = ["make", "--assume-old=.venv/.installed", "dev", "PORT=0"]
    keys, terminal = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", WITH_TERMINAL, *make],
        cwd=checkout,
        env=environment | {"CLOUDSDK_ROOT": str(home), "ALLOWED_ORIGINS": OTHER_ORIGIN},
        stdin=terminal,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            console = next(line for line in process.stdout if line.startswith("console"))
            edge = next(process.stdout)
            yield Dev(process, keys, console.split()[1], edge.split()[1], environment, checkout)
        finally:
            process.kill()
            os.close(keys)  # hangs up: what is left of the session ends
            os.close(terminal)


@pytest.mark.parametrize("page", PAGES)
def test_a_walk_through_works_as_written(running: Dev, page: str) -> None:
    written = list(steps((ROOT / "docs" / f"{page}.md").read_text()))
    assert any(step.printed for step in written)
    if any("curl " in step.commands for step in written):
        require("curl")
    with Shell(running.environment, running.checkout) as shell:
        shell.run(MAKE)
        for step in written:
            if step.commands != "make dev\n":
                assert follow(shell, step.commands, step.printed) == []


def follow(shell: Shell, commands: str, printed: list[str]) -> list[str]:
    """What is not printed, and what is instead; commands that only look wait for rows to come."""
    looks = any(word in commands for word in LOOKS)
    deadline = time.monotonic() + (ARRIVAL_SECONDS if looks else 0)
    while True:
        output = shell.run(commands)
        left = absent(printed, output)
        if not left or time.monotonic() > deadline:
            return [*left, commands, output] if left else []
        time.sleep(0.5)


def test_bq_speaks_to_the_stack(running: Dev) -> None:
    require("gcloud", "bq")
    with Shell(running.environment, running.checkout) as shell:
        shell.run(MAKE + '\neval "$(make -s environment)"')
        counted = shell.run(
            "bq query --use_legacy_sql=false --format=csv"
            " 'SELECT COUNT(*) > 5 AS enough FROM aegis.events'"
        )
    assert counted.split() == ["enough", "true"]


def test_the_console_is_served_over_it(running: Dev) -> None:
    page = httpx.get(running.console, timeout=60)
    assert (page.status_code, "The last hour" in page.text) == (200, True)


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        (EXTENSION_ORIGIN, "no_events"),
        (OTHER_ORIGIN, "no_events"),
        ("https://example.com", "origin_not_allowed"),
    ],
)
def test_the_example_extension_and_those_that_are_named_may_send(
    running: Dev, origin: str, code: str
) -> None:
    headers = {"Origin": origin, "Authorization": f"Bearer {LOCAL_API_KEY}"}
    assert httpx.post(running.edge, json=[], headers=headers).json()["code"] == code


def test_ctrl_c_ends_it_and_leaves_nothing_behind(running: Dev) -> None:
    started = descendants(running.process.pid)
    os.write(running.keys, b"\x03")
    assert running.process.wait(COMMAND_SECONDS) == 0
    assert remaining(started) == set()
    port = running.edge.rpartition(":")[2].partition("/")[0]
    assert not (running.checkout / ".cache/running" / port).exists()
    home = Path(running.environment["HOME"])
    assert [str(path.relative_to(home)) for path in home.rglob("*")] == []
