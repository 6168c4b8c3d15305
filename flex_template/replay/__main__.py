r"""Publish dead letters again, once their cause is put right.

    python -m flex_template.replay --dead_letter_table=my-project.aegis.dead_letters \
        --topic=projects/my-project/topics/events --error_code=malformed_json --dry_run

Each message has the original bytes and attributes, and besides `replayed_from` (the dead letter's
id) and `replay_attempt`. If it fails again, it becomes a new dead letter that can be replayed; the
old one stays replayed.

No letter is published twice, however often the command is killed: for each batch it stores a claim
in the table `replays`, publishes, then stores the outcome. A letter whose claim has no outcome may
or may not have been published when its run died. Such letters are counted, and left alone unless
`--retry_claimed` is given while no other run is alive; the deduplicated view hides the duplicates
that may then arise, by `event_id`. Runs at the same time share the letters between them.
"""

import logging
import sys
import uuid
from collections.abc import Sequence

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery
from google.pubsub_v1 import PublisherClient

from flex_template.bigquery import client as bigquery_client
from flex_template.bigquery.client import check_table
from flex_template.bigquery.writer import AppendError
from flex_template.replay import publisher as replay_publisher
from flex_template.replay.log import FAILED, PUBLISHED, Outcome, ReplayLog
from flex_template.replay.options import ReplayOptions, parse
from flex_template.replay.publisher import batches, publish
from flex_template.replay.query import DeadLetterQuery, Letter, Tally

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
        query = DeadLetterQuery(
            client, options.dead_letter_table, options.replays_table, options.selection
        )
        total = _show(query.tallies(), options)
        if total and not options.dry_run:
            _replay_selected(client, query, options, total)


def _replay_selected(
    client: bigquery.Client, query: DeadLetterQuery, options: ReplayOptions, total: int
) -> None:
    run_id = str(uuid.uuid4())
    logger.info("run %s publishes them to %s", run_id, options.topic)
    with (
        ReplayLog(client, options.replays_table, run_id) as log,
        replay_publisher.connect() as publisher,
    ):
        published = Replay(log, publisher, options).all_of(query, total)
    if published < total:
        sys.exit(
            f"{published} of {total} published; the table replays has the rest of run {run_id}"
        )


def _show(tallies: Sequence[Tally], options: ReplayOptions) -> int:
    """Print what is selected; returns how many letters are to be replayed."""
    logger.info("%-10s %-24s %9s %9s %9s", "stage", "code", "new", "claimed", "truncated")
    for tally in tallies:
        logger.info("%-10s %-24s %9d %9d %9d", *tally)
    claimed = sum(tally.claimed for tally in tallies)
    truncated = sum(tally.truncated for tally in tallies)
    if truncated:
        logger.warning("%d refused: truncated, the end of their payload is not stored", truncated)
    if claimed and not options.selection.retry_claimed:
        logger.warning(
            "%d left alone: claimed by a run that is not finished, or died before it knew whether "
            "they were published; --retry_claimed replays them",
            claimed,
        )
    total = sum(tally.new for tally in tallies)
    total += claimed if options.selection.retry_claimed else 0
    total = min(total, options.selection.limit or total)
    logger.info("%d to replay", total)
    return total


class Replay:
    """One run: claims, publishes and records batch after batch."""

    def __init__(self, log: ReplayLog, client: PublisherClient, options: ReplayOptions) -> None:
        self._log = log
        self._client = client
        self._options = options

    def all_of(self, query: DeadLetterQuery, total: int) -> int:
        """Replay what `query` selects; stops once Pub/Sub takes nothing of a batch.

        Returns:
            How many letters were published.
        """
        published = 0
        for batch in batches(query.letters(), self._options.batch_size):
            outcomes = self._replay(batch)
            taken = sum(outcome.outcome == PUBLISHED for outcome in outcomes)
            published += taken
            logger.info("%d of %d published", published, total)
            if outcomes and not taken:
                logger.error("stopped: %s", outcomes[0].error_message)
                break
        return published

    def _replay(self, letters: Sequence[Letter]) -> list[Outcome]:
        mine, contested = self._log.claim(letters)
        yielded = [Outcome(letter, FAILED, None, "another run claims it") for letter in contested]
        outcomes = publish(self._client, self._options.topic, mine) if mine else []
        self._log.record([*yielded, *outcomes])
        return outcomes


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        run(sys.argv[1:])
    except (AppendError, GoogleAPICallError) as error:
        sys.exit(f"stopped: {error}")


if __name__ == "__main__":
    main()
