"""The command line of the replay."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from flex_template.options import table, topic
from flex_template.replay.publisher import MAX_MESSAGES
from flex_template.replay.query import Selection
from schemas import ErrorCode, Stage

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReplayOptions(NamedTuple):
    """What to select, where to read and record it, and where to publish it."""

    dead_letter_table: str
    replays_table: str
    topic: str
    selection: Selection
    batch_size: int
    dry_run: bool


def parse(arguments: Sequence[str]) -> ReplayOptions:
    """Read the command line.

    Raises:
        SystemExit: an option is malformed or missing; argparse has printed which.
    """
    options = _parser().parse_args(arguments)
    dead_letters = options.dead_letter_table.replace(":", ".")
    dataset, _, _ = dead_letters.rpartition(".")
    selection = Selection(
        options.stage,
        options.error_code,
        options.since,
        options.until or datetime.now(UTC),
        options.limit,
        options.retry_claimed,
    )
    return ReplayOptions(
        dead_letters,
        (options.replays_table or f"{dataset}.replays").replace(":", "."),
        options.topic,
        selection,
        options.batch_size,
        options.dry_run,
    )


def _parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m flex_template.replay",
        allow_abbrev=False,
        description="Publish dead letters again, each once, once their cause is put right.",
    )
    _add_places(result)
    _add_filters(result)
    result.add_argument(
        "--dry_run", action="store_true", help="Show what is selected and publish nothing."
    )
    result.add_argument(
        "--retry_claimed",
        action="store_true",
        help="Also replay letters that an earlier run claimed and left without an outcome. They "
        "may have been published already, so make sure that no other run is alive.",
    )
    result.add_argument(
        "--batch_size",
        type=_batch_size,
        default=500,
        help="Letters to claim, publish and record at a time: at most so many are left without an "
        "outcome when the run is killed. Default: 500.",
    )
    return result


def _add_places(result: argparse.ArgumentParser) -> None:
    result.add_argument(
        "--dead_letter_table",
        type=table,
        required=True,
        help="Table of dead letters, project.dataset.table; its project runs the queries.",
    )
    result.add_argument(
        "--topic",
        type=topic,
        required=True,
        help="Topic that the pipeline reads, projects/PROJECT/topics/TOPIC.",
    )
    result.add_argument(
        "--replays_table",
        type=table,
        help="Table that remembers what was replayed. Default: replays in the same dataset.",
    )


def _add_filters(result: argparse.ArgumentParser) -> None:
    result.add_argument(
        "--stage", choices=[stage.value for stage in Stage], help="Only those of this stage."
    )
    result.add_argument(
        "--error_code",
        choices=[code.value for code in ErrorCode],
        help="Only those whose first error has this code.",
    )
    result.add_argument(
        "--since",
        type=_moment,
        default=_EPOCH,
        help="Only those that failed then or later, RFC 3339, such as 2025-06-01T00:00:00Z.",
    )
    result.add_argument(
        "--until", type=_moment, help="Only those that failed before. Default: now."
    )
    result.add_argument("--limit", type=_positive, help="At most so many, the oldest first.")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset; example: 2025-06-01T00:00:00Z")
    return moment


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not positive; example: 1000")
    return number


def _batch_size(text: str) -> int:
    number = _positive(text)
    if number > MAX_MESSAGES:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {MAX_MESSAGES}")
    return number
