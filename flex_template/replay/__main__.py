r"""Publish dead letters again, once their cause is put right.

    python -m flex_template.replay --dead_letter_table=my-project.aegis.dead_letters \
        --topic=projects/my-project/topics/events --error_code=malformed_json --dry_run

Each message has the original bytes and attributes, and besides `replayed_from` (the dead letter's
id), `replay_attempt` and `originally_published_at`, from which its age is counted. If it fails
again, it becomes a new dead letter that can be replayed; the old one stays replayed.

Letters that the present schema still refuses are counted beforehand and left where they are,
unless `--include_refused` is given. `--repair` corrects each event by a jq program: with
`--dry_run` it shows how many of the selection would become valid and a few of them before and
after. Only what is valid is published, with the program recorded in the table `replays`; the
letter itself stays as it was.

    python -m flex_template.replay ... --error_code=wrong_type --path=/confidence \
        --repair='.confidence |= tonumber' --dry_run

No letter is published twice, however often the command is killed: for each batch it stores a claim
in the table `replays`, publishes, then stores the outcome. A letter whose claim has no outcome may
or may not have been published when its run died. Such letters are counted, and left alone unless
`--retry_claimed` is given while no other run is alive; the deduplicated view hides the duplicates
that may then arise, by `event_id`. Runs at the same time share the letters between them.
"""

import json
import logging
import sys
import uuid
from collections.abc import Sequence

from flex_template.start import command_imports

with command_imports(__name__):
    from google.cloud import bigquery

    from flex_template.bigquery import client as bigquery_client
    from flex_template.bigquery.client import check_table
    from flex_template.bigquery.group_commit.retry import AppendError
    from flex_template.command_line import clear_ends
    from flex_template.replay.forecast import Forecast
    from flex_template.replay.options import ReplayOptions, parse
    from flex_template.replay.preparation import Prepared
    from flex_template.replay.query import Tally
    from flex_template.replay.repair import RepairError
    from flex_template.replay.run import Progress, preview, replay, tallies

MAX_SHOWN = 2_000  # characters: about a terminal's page
logger = logging.getLogger(__name__)


def run(arguments: Sequence[str]) -> None:
    """Show what the command line selects and, unless it is a dry run, replay it.

    Raises:
        SystemExit: something selected was not published, or could not be; the message says why.
    """
    options = parse(arguments)
    with bigquery_client.connect(options.dead_letter_table) as client:
        check_table(client, options.dead_letter_table, "dead_letters")
        check_table(client, options.replays_table, "replays")
        _show_tallies(tallies(client, options), options)
        forecast = preview(client, options)
        _show_forecast(forecast, options)
        total = forecast.total if options.include_refused else forecast.valid
        logger.info("%d to replay", total)
        if total and not options.dry_run:
            _replay_selected(client, options, total)


def _replay_selected(client: bigquery.Client, options: ReplayOptions, total: int) -> None:
    run_id = str(uuid.uuid4())
    logger.info("run %s publishes them to %s", run_id, options.topic)
    progress = Progress(0, 0)
    for progress in replay(client, options, run_id):
        logger.info("%d of %d published", progress.published, total)
    if progress.stopped:
        logger.error("stopped: %s", progress.stopped)
    if progress.published < total:
        sys.exit(
            f"{progress.published} of {total} published; the table replays has the rest of "
            f"run {run_id}"
        )


def _show_tallies(found: Sequence[Tally], options: ReplayOptions) -> None:
    logger.info("%-10s %-24s %9s %9s %9s", "stage", "code", "new", "claimed", "truncated")
    for tally in found:
        logger.info("%-10s %-24s %9d %9d %9d", *tally)
    claimed = sum(tally.claimed for tally in found)
    truncated = sum(tally.truncated for tally in found)
    if truncated:
        logger.warning("%d refused: truncated, the end of their payload is not stored", truncated)
    if claimed and not options.selection.retry_claimed:
        logger.warning(
            "%d left alone: claimed by a run that is not finished, or died before it knew whether "
            "they were published; --retry_claimed replays them",
            claimed,
        )


def _show_forecast(forecast: Forecast, options: ReplayOptions) -> None:
    if options.repair is not None and options.dry_run:
        for sample in forecast.samples:
            _show_sample(sample)
    logger.info("%d of %d would become rows", forecast.valid, forecast.total)
    for (code, path), count in forecast.refused.most_common():
        logger.info("%d refused: %s %s %s", count, code, path, forecast.reasons[code, path])


def _show_sample(sample: Prepared) -> None:
    logger.info("letter %s", sample.original.dead_letter_id)
    logger.info("- %s", _shown(sample.original.payload))
    logger.info("+ %s", _shown(sample.letter.payload))


def _shown(payload: bytes) -> str:
    """The beginning, spaced in one way where it is JSON, without what a terminal would obey."""
    try:
        text = json.dumps(json.loads(payload), ensure_ascii=False)
    except (ValueError, RecursionError):
        text = payload.decode(errors="replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:MAX_SHOWN])


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    with clear_ends():
        try:
            run(sys.argv[1:])
        except RepairError as error:
            sys.exit(f"--repair: {error}")
        except AppendError as error:
            sys.exit(f"stopped: {error}")


if __name__ == "__main__":
    main()
