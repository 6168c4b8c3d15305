"""Commands find the stack that runs, and say so where none does."""

import os
import socket
from pathlib import Path

import pytest

from local import running
from local.query import query


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(running, "FOLDER", tmp_path)
    return tmp_path


def announce(folder: Path, port: int, text: str = "{}") -> None:
    (folder / str(port)).mkdir()
    (folder / str(port) / "environment.json").write_text(text)


def test_without_a_stack_one_line_says_how_to_start_one() -> None:
    with pytest.raises(SystemExit, match=r"^no stack is running: start one with make dev"):
        running.environment()


def test_a_stack_that_was_killed_is_none(folder: Path, free_port: int) -> None:
    announce(folder, free_port)
    with pytest.raises(SystemExit, match=r"^no stack is running"):
        running.environment()


def test_a_stack_that_answers_is_found(folder: Path, free_port: int) -> None:
    announce(folder, free_port)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        announce(folder, listener.getsockname()[1], '{"GCP_PROJECT_ID": "aegis-local"}')
        assert running.environment() == {"GCP_PROJECT_ID": "aegis-local"}


def test_the_stack_that_was_started_last_is_found_whatever_is_written_beside_another(
    folder: Path,
) -> None:
    address = ("127.0.0.1", 0)
    with socket.create_server(address) as one, socket.create_server(address) as two:
        first, last = (str(each.getsockname()[1]) for each in (one, two))
        announce(folder, int(first))
        announce(folder, int(last), '{"started": "last"}')
        os.utime(folder / first / "environment.json", (0, 0))
        os.utime(folder / last, (0, 0))
        assert running.environment() == {"started": "last"}


def test_a_stack_that_is_only_about_to_be_announced_is_none(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (folder / str(listener.getsockname()[1])).mkdir()
        with pytest.raises(SystemExit, match=r"^no stack is running"):
            running.environment()


def test_a_query_to_a_stack_that_ended_meanwhile_says_so_at_once(free_port: int) -> None:
    with pytest.raises(SystemExit, match=r"^query: the stack has ended$"):
        query("SELECT 1", f"http://127.0.0.1:{free_port}")


def test_a_command_that_is_none_is_told_which_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["running", "replya"])
    with pytest.raises(SystemExit, match=r"erase\|query\|replay\|trace"):
        running.main()
