"""Lines in, rows and dead letters out, through the real command, compared exactly."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flex_template.command import Ended, run_main, run_process

GOLDEN = Path(__file__).parents[2] / "golden" / "pipeline"
INPUT = (GOLDEN / "input.jsonl").read_bytes()
EVENTS, DEAD_LETTERS = (
    len((GOLDEN / f"{name}.jsonl").read_text().splitlines()) for name in ("events", "dead_letters")
)
OF_THE_RUN = {"failed_at", "subscription", "destination_table", "job_name", "pipeline_version"}

Outcome = dict[str, list[dict[str, Any]]]


def outcome(folder: Path) -> Outcome:
    """Both files' rows, without what differs from run to run."""
    return {name: rows(folder / f"{name}.jsonl") for name in ("events", "dead_letters")}


def rows(file: Path) -> list[dict[str, Any]]:
    parsed = [json.loads(line) for line in file.read_text().splitlines()]
    kept = [{name: row[name] for name in row if name not in OF_THE_RUN} for row in parsed]
    return sorted(kept, key=json.dumps)


def run(
    file: Path, folder: Path, *options: str, command: Callable[..., Ended] = run_main
) -> Outcome:
    ended = command(f"--input_files={file}", f"--output_directory={folder}", *options)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"Wrote {EVENTS} events and {DEAD_LETTERS} dead letters to {folder}.\n"
    return outcome(folder)


def test_the_golden_lines_become_the_golden_rows_and_dead_letters(tmp_path: Path) -> None:
    found = run(GOLDEN / "input.jsonl", tmp_path, "--max_event_age_days=3650", command=run_process)
    assert found == outcome(GOLDEN)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_compressed_files_by_pattern_give_the_same(tmp_path: Path, ending: str) -> None:
    lines = INPUT.splitlines()
    for number, part in enumerate((lines[:9], lines[9:])):
        data = b"".join(line + ending.encode() for line in part)
        (tmp_path / f"input-{number}.jsonl.gz").write_bytes(gzip.compress(data))
    found = run(tmp_path / "input-*.jsonl.gz", tmp_path, "--max_event_age_days=3650")
    assert found == outcome(GOLDEN)


def test_the_golden_files_account_for_every_line() -> None:
    golden = outcome(GOLDEN)
    assert len(golden["events"]) + len(golden["dead_letters"]) == len(INPUT.splitlines())
