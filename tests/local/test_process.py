"""Child processes: their ends are reported, and ours is theirs."""

import sys
from pathlib import Path

import pytest

from local.process import Process, StackError, accepts, free_port, make_folder
from tests.end_to_end.commands import remaining

ENDLESS = "import time; time.sleep(3600)"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("")
    with pytest.raises(StackError, match=r"^cannot make the folder .+/file/a: Not a directory$"):
        make_folder(tmp_path / "file" / "a")


def python(folder: Path, code: str) -> Process:
    return Process("part", [sys.executable, "-c", code], {}, folder)


def test_an_early_end_is_told_with_its_code_and_last_lines(tmp_path: Path) -> None:
    code = "for n in range(100): print('line', n)\nraise SystemExit(3)"
    with (
        python(tmp_path, code) as process,
        pytest.raises(StackError, match=r"^part ended with exit code 3$") as raised,
    ):
        process.wait_until(lambda: False)

    assert raised.value.log.splitlines() == [f"line {number}" for number in range(85, 100)]


def test_a_part_that_never_gets_ready_is_told(tmp_path: Path) -> None:
    with (
        python(tmp_path, ENDLESS) as process,
        pytest.raises(StackError, match=r"^part not ready in 0\.1 s$"),
    ):
        process.wait_until(lambda: False, seconds=0.1)


def test_stop_ends_the_children_of_the_command_too(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys; "
        f"child = subprocess.Popen([sys.executable, '-c', {ENDLESS!r}]); "
        f"print(os.getpid(), child.pid, flush=True); {ENDLESS}"
    )
    with python(tmp_path, code) as process:
        process.wait_until(lambda: process.log_tail().count(" ") == 1)
        pids = {int(pid) for pid in process.log_tail().split()}
        assert len(pids) == 2

    assert remaining(pids) == set()


@pytest.mark.slow
def test_a_command_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"print(os.getpid(), flush=True); {ENDLESS}"
    )
    with python(tmp_path, code) as process:
        process.wait_until(lambda: process.log_tail() != "")
        pids = {int(process.log_tail())}

    assert remaining(pids) == set()


def test_a_free_port_is_one_that_nothing_listens_on() -> None:
    assert not accepts(free_port())
