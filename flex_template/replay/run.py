"""One run of a replay: what it would publish, and then claims, publications and outcomes.

The command and the console call the same two functions, `preview` and `replay`.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from google.cloud import bigquery
from google.pubsub_v1 import PublisherClient

from flex_template.replay import publisher as replay_publisher
from flex_template.replay.forecast import Forecast, forecast
from flex_template.replay.letter import Letter
from flex_template.replay.log import FAILED, PUBLISHED, Outcome, ReplayLog
from flex_template.replay.options import ReplayOptions
from flex_template.replay.preparation import Preparation, Prepared
from flex_template.replay.publisher import batches, publish
from flex_template.replay.query import DeadLetterQuery, Tally
from flex_template.replay.repair import Repair


class Progress(NamedTuple):
    """How far a run is; `stopped` says why it went no further, once Pub/Sub took nothing."""

    published: int
    left: int
    stopped: str | None = None


def open_query(client: bigquery.Client, options: ReplayOptions) -> DeadLetterQuery:
    return DeadLetterQuery(
        client, options.dead_letter_table, options.replays_table, options.selection
    )


def tallies(client: bigquery.Client, options: ReplayOptions) -> list[Tally]:
    """What the selection holds by stage and code, read or not."""
    return open_query(client, options).tallies()


def preview(client: bigquery.Client, options: ReplayOptions) -> Forecast:
    """Repair and validate every selected letter, and publish nothing.

    Raises:
        RepairError: the program does not compile.
    """
    with ExitStack() as parts:
        return forecast(_prepared(client, options, parts))


def replay(client: bigquery.Client, options: ReplayOptions, run_id: str) -> Iterator[Progress]:
    """Publish the selected letters that would become rows, each once; yields after each batch.

    With `include_refused` also those that would not. It stops once Pub/Sub takes nothing of a
    batch.

    Raises:
        RepairError: the program does not compile.
        AppendError: the table `replays` takes no record.
    """
    with ExitStack() as parts:
        prepared = _prepared(client, options, parts)
        log = parts.enter_context(ReplayLog(client, options.replays_table, run_id, options.repair))
        pubsub = parts.enter_context(replay_publisher.connect())
        yield from _Run(log, pubsub, options).over(prepared)


def _prepared(
    client: bigquery.Client, options: ReplayOptions, parts: ExitStack
) -> Iterator[Prepared]:
    repair = None if options.repair is None else parts.enter_context(Repair(options.repair))
    prepare = Preparation(repair, options.limits)
    return map(prepare, open_query(client, options).letters())


class _Run:
    def __init__(self, log: ReplayLog, pubsub: PublisherClient, options: ReplayOptions) -> None:
        self._log = log
        self._pubsub = pubsub
        self._options = options
        self._left = 0

    def over(self, prepared: Iterator[Prepared]) -> Iterator[Progress]:
        published = 0
        for batch in batches(self._to_publish(prepared), self._options.batch_size):
            outcomes = self._replay(batch)
            taken = sum(outcome.outcome == PUBLISHED for outcome in outcomes)
            published += taken
            if outcomes and not taken:
                yield Progress(published, self._left, outcomes[0].error_message)
                return
            yield Progress(published, self._left)
        yield Progress(published, self._left)

    def _to_publish(self, prepared: Iterator[Prepared]) -> Iterator[Letter]:
        for each in prepared:
            if each.refusal is None or self._options.include_refused:
                yield each.letter
            else:
                self._left += 1

    def _replay(self, letters: Sequence[Letter]) -> list[Outcome]:
        mine, contested = self._log.claim(letters)
        yielded = [Outcome(letter, FAILED, None, "another run claims it") for letter in contested]
        outcomes = publish(self._pubsub, self._options.topic, mine) if mine else []
        self._log.record([*yielded, *outcomes])
        return outcomes
