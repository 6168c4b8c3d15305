"""The live view of `make dev`: as many outcomes as the terminal has lines for, one on each."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console
from rich.text import Text

from local.outcomes import MAX_ROWS, Counts, Row, View

HEAD = Text("console  http://127.0.0.1:1/\nedge     http://127.0.0.1:2/v1/events")
COUNTS = Counts(stored=1200, refused=30, dead_letters=4, recent=20)
HOSTILE = "\x1b[2J\x1b]0;taken\x07\u202ereversed\nsecond line " + "x" * 400


def row(**values: str) -> Row:
    base = {"outcome": "refused", "code": "wrong_type", "path": "/confidence", "words": "wrong"}
    return {"at": datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC), **base, **values}


def shown(rows: list[Row], width: int = 80, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height)
    console.print(View(HEAD, COUNTS, rows, 2.0))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50), (60, 10), (80, 3)])
def test_the_list_fills_the_terminal_and_no_more(width: int, height: int) -> None:
    lines = shown([row()] * MAX_ROWS, width, height)
    assert len(lines) == max(height, 5)  # the head, the counts and the list's own head stay
    assert max(map(len, lines)) <= width


def test_an_outcome_has_its_time_code_path_and_words() -> None:
    *_, line = shown([row()])
    assert line.split() == ["12:00:01", "refused", "wrong_type", "/confidence", "wrong"]


def test_the_counts_add_up_on_one_line() -> None:
    summary = shown([])[3]
    assert summary == "1,234 received = 1,200 stored + 30 refused + 4 dead letters   2.0/s"


def test_a_hostile_value_stays_on_its_line_and_does_nothing() -> None:
    lines = shown([row(code=HOSTILE, path=HOSTILE, words=HOSTILE), row()])
    assert len(lines) == 7
    assert all(line.isprintable() for line in lines)
