"""The command line of the replay."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from flex_template.bigquery.table_name import TableName
from flex_template.command_line import (
    MAX_AGE_DAYS,
    ShowDefaults,
    positive,
    positive_integer,
    table,
    topic,
)
from flex_template.replay.publisher import MAX_MESSAGES
from flex_template.replay.selection import Selection
from schemas import DEFAULT_AGE_DAYS, DEFAULT_LIMITS, ErrorCode, Limits, Stage

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReplayOptions(NamedTuple):
    """What to select, where to read and record it, and where to publish it.

    `repair` is a jq program; `limits` are those of the pipeline that will read the messages.
    """

    dead_letter_table: str
    replays_table: str
    topic: str
    selection: Selection
    repair: str | None = None
    include_refused: bool = False
    limits: Limits = DEFAULT_LIMITS
    batch_size: int = 500
    dry_run: bool = False


def parse(arguments: Sequence[str]) -> ReplayOptions:
    """Read the command line.

    Raises:
        SystemExit: an option is malformed or missing; argparse has printed which.
    """
    options = _parser().parse_args(arguments)
    dead_letters = TableName.parse(options.dead_letter_table)
    return ReplayOptions(
        str(dead_letters),
        options.replays_table or str(dead_letters.beside("replays")),
        options.topic,
        _selection(options),
        options.repair,
        options.include_refused,
        Limits.of_days(options.max_event_age_days),
        options.batch_size,
        options.dry_run,
    )


def _selection(options: argparse.Namespace) -> Selection:
    return Selection(
        until=options.until or datetime.now(UTC),
        since=options.since,
        stage=options.stage,
        error_code=options.error_code,
        path=options.path,
        user_id=options.user_id,
        schema_version=options.schema_version,
        request_id=options.request_id,
        dead_letter_ids=tuple(options.dead_letter_id or ()),
        limit=options.limit,
        retry_claimed=options.retry_claimed,
    )


def _parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m flex_template.replay",
        allow_abbrev=False,
        formatter_class=ShowDefaults,
        description="Publish dead letters again, each once, once their cause is put right.",
    )
    _add_places(result)
    _add_filters(result)
    _add_corrections(result)
    result.add_argument(
        "--dry_run",
        action="store_true",
        help="Show what is selected and what would become of it, and publish nothing.",
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
        help="Letters to claim, publish and record at a time: at most this many are left without "
        "an outcome when the run is killed.",
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


def _add_corrections(result: argparse.ArgumentParser) -> None:
    refused = result.add_mutually_exclusive_group()
    refused.add_argument(
        "--repair",
        metavar="PROGRAM",
        help="A jq program that corrects each event, such as '.confidence |= tonumber'. Only what "
        "then is valid is published; the dead letter stays as it is.",
    )
    refused.add_argument(
        "--include_refused",
        action="store_true",
        help="Also publish letters that the present schema still refuses: they become dead "
        "letters again.",
    )
    result.add_argument(
        "--max_event_age_days",
        type=positive(MAX_AGE_DAYS, str(DEFAULT_AGE_DAYS)),
        default=float(DEFAULT_AGE_DAYS),
        help="The pipeline's limit, counted from a letter's first publication.",
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
        help="Only those that failed then or later, RFC 3339, such as 2025-06-01T00:00:00Z. "
        "Default: the beginning.",
    )
    result.add_argument(
        "--until", type=_moment, help="Only those that failed before. Default: now."
    )
    result.add_argument("--path", help="Only those whose first error is there, such as /timestamp.")
    result.add_argument("--user_id", help="Only those whose payload has this user_id.")
    result.add_argument("--schema_version", help="Only those whose attribute has this version.")
    result.add_argument("--request_id", help="Only those of this request to the edge.")
    result.add_argument("--dead_letter_id", action="append", help="Only this one; can be repeated.")
    result.add_argument(
        "--limit", type=positive_integer, help="At most this many, the oldest first."
    )


def _moment(text: str) -> datetime:
    example = "2025-06-01T00:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not an RFC 3339 date-time; example: {example}"
        raise argparse.ArgumentTypeError(message) from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset; example: {example}")
    return moment


def _batch_size(text: str) -> int:
    number = positive_integer(text)
    if number > MAX_MESSAGES:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {MAX_MESSAGES}")
    return number
