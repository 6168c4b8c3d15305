"""The append-only `replays` table: who claimed which dead letter, and what became of it.

A letter is published only after its claim is stored, and only by a run that then finds no claim
but its own. Of two runs at least one reads after both have claimed, so never do both publish; if
both read that late, both yield, and the next run finds the letter free.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

from google.cloud import bigquery
from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

from flex_template.bigquery.arrow import arrow_schema
from flex_template.bigquery.client import run_query
from flex_template.bigquery.group_commit import shared
from flex_template.bigquery.group_commit.bundle import BundleWriter
from flex_template.bigquery.group_commit.retry import AppendError
from flex_template.bigquery.group_commit.shared import Destination
from flex_template.replay.letter import Letter
from schemas import now_micros

CLAIMED = "claimed"
PUBLISHED = "published"
FAILED = "failed"
_OTHER_RUNS = """
SELECT dead_letter_id, ARRAY_AGG(DISTINCT run_id) AS run_ids
FROM `{replays}`
WHERE dead_letter_id IN UNNEST(@ids) AND run_id != @run_id
GROUP BY dead_letter_id
"""


class Outcome(NamedTuple):
    """What a run knows of a letter: `CLAIMED` is unclear, `FAILED` certainly not published."""

    letter: Letter
    outcome: str
    message_id: str | None = None
    error_message: str | None = None


class ReplayLog:
    """One run's view of the table, in which every record is durable once a method returns.

    `repair` is the jq program of the run, recorded with each claim and outcome.
    """

    def __init__(
        self, client: bigquery.Client, table: str, run_id: str, repair: str | None = None
    ) -> None:
        self._client = client
        self._repair = repair
        self._other_runs = _OTHER_RUNS.replace("{replays}", table)
        self._run_id = run_id
        self._lease = shared.acquire(Destination(table, "replays"))
        self._writer = BundleWriter(self._lease.writer)

    def claim(self, letters: Sequence[Letter]) -> tuple[list[Letter], list[Letter]]:
        """Claim `letters`; returns those that are this run's alone, then the contested ones."""
        self.record([Outcome(letter, CLAIMED) for letter in letters])
        others = self._claims_of_other_runs(letters)
        mine: list[Letter] = []
        contested: list[Letter] = []
        for letter in letters:
            free = others.get(letter.dead_letter_id, frozenset()) <= letter.known_runs
            (mine if free else contested).append(letter)
        return mine, contested

    def _claims_of_other_runs(self, letters: Sequence[Letter]) -> dict[str, frozenset[str]]:
        ids = [letter.dead_letter_id for letter in letters]
        rows = run_query(
            self._client,
            self._other_runs,
            ArrayQueryParameter("ids", "STRING", ids),
            ScalarQueryParameter("run_id", "STRING", self._run_id),
        )
        return {row.dead_letter_id: frozenset(row.run_ids) for row in rows}

    def record(self, outcomes: Iterable[Outcome]) -> None:
        """Append one row each.

        Raises:
            AppendError: BigQuery does not take them.
        """
        rows = [self._row(outcome) for outcome in outcomes]
        if not rows:
            return
        self._writer.append([rows], rows, 0)
        for append in self._writer.wait():
            for _, reason in append.refused:
                raise AppendError(f"the replays table refuses a row: {reason}")

    def _row(self, outcome: Outcome) -> tuple[object, ...]:
        """The values of one row, in the order of the table's columns."""
        values = {
            "dead_letter_id": outcome.letter.dead_letter_id,
            "replayed_at": now_micros(),
            "run_id": self._run_id,
            "outcome": outcome.outcome,
            "message_id": outcome.message_id,
            "replay_attempt": outcome.letter.replay_attempt,
            "error_message": outcome.error_message,
            "repair": self._repair,
        }
        return tuple(values[column] for column in arrow_schema("replays").names)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shared.release(self._lease)
