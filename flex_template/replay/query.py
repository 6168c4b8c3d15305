"""Which dead letters a replay selects, and what became of them in earlier runs."""

from collections.abc import Iterator
from datetime import datetime
from string import Template
from typing import Any, NamedTuple

import orjson
from google.cloud import bigquery
from google.cloud.bigquery import ScalarQueryParameter

from flex_template.bigquery.client import run_query

PAGE_ROWS = 500

# A run's last word on a letter is `published` or `failed`; without one, nobody knows.
_SELECTED = Template("""
WITH runs AS (
  SELECT
    dead_letter_id,
    run_id,
    LOGICAL_OR(outcome = 'published') AS published,
    LOGICAL_AND(outcome = 'claimed') AS unclear
  FROM `${replays}`
  GROUP BY dead_letter_id, run_id
), replayed AS (
  SELECT
    dead_letter_id,
    LOGICAL_OR(published) AS published,
    LOGICAL_OR(unclear) AS unclear,
    ARRAY_AGG(run_id) AS run_ids
  FROM runs
  GROUP BY dead_letter_id
), selected AS (
  SELECT letter.*, IFNULL(replayed.unclear, FALSE) AS claimed, replayed.run_ids
  FROM `${dead_letters}` AS letter
  LEFT JOIN replayed ON replayed.dead_letter_id = letter.dead_letter_id
  WHERE NOT IFNULL(replayed.published, FALSE)
    AND (@stage IS NULL OR letter.stage = @stage)
    AND (@error_code IS NULL OR letter.error_code = @error_code)
    AND letter.failed_at >= @since
    AND letter.failed_at < @until
  QUALIFY ROW_NUMBER() OVER (PARTITION BY letter.dead_letter_id ORDER BY letter.failed_at) = 1
)
""")
_TALLIES = """
SELECT
  stage,
  error_code,
  COUNTIF(NOT claimed AND NOT truncated) AS new,
  COUNTIF(claimed AND NOT truncated) AS claimed,
  COUNTIF(truncated) AS truncated
FROM selected
GROUP BY stage, error_code
ORDER BY stage, error_code
"""
_LETTERS = """
SELECT dead_letter_id, payload, TO_JSON_STRING(attributes) AS attributes, replay_attempt, run_ids
FROM selected
WHERE NOT truncated AND (@retry_claimed OR NOT claimed)
"""
_OLDEST = "ORDER BY failed_at, dead_letter_id LIMIT @limit"


class Selection(NamedTuple):
    """The filters of a replay; None selects everything, `until` is exclusive."""

    stage: str | None
    error_code: str | None
    since: datetime
    until: datetime
    limit: int | None
    retry_claimed: bool


class Tally(NamedTuple):
    """Unpublished dead letters of one stage and code: never claimed, unclear, not replayable."""

    stage: str
    error_code: str
    new: int
    claimed: int
    truncated: int


class Letter(NamedTuple):
    """A dead letter to publish again; `known_runs` had claimed it when it was selected."""

    dead_letter_id: str
    payload: bytes
    original_attributes: dict[str, str]
    replay_attempt: int
    known_runs: frozenset[str]

    @property
    def attributes(self) -> dict[str, str]:
        """Those of the message to publish."""
        return self.original_attributes | {
            "replayed_from": self.dead_letter_id,
            "replay_attempt": str(self.replay_attempt),
        }


class DeadLetterQuery:
    """Reads `dead_letters` against what `replays` says of them."""

    def __init__(
        self, client: bigquery.Client, dead_letters: str, replays: str, selection: Selection
    ) -> None:
        self._client = client
        self._selected = _SELECTED.substitute(dead_letters=dead_letters, replays=replays)
        self._selection = selection
        self._parameters = [
            ScalarQueryParameter("stage", "STRING", selection.stage),
            ScalarQueryParameter("error_code", "STRING", selection.error_code),
            ScalarQueryParameter("since", "TIMESTAMP", selection.since),
            ScalarQueryParameter("until", "TIMESTAMP", selection.until),
        ]

    def tallies(self) -> list[Tally]:
        """Counts by stage and code, without reading payloads or regard to the limit."""
        rows = run_query(self._client, self._selected + _TALLIES, *self._parameters)
        return [Tally(**row) for row in rows]

    def letters(self) -> Iterator[Letter]:
        """The letters to replay, fetched page by page; with a limit, the oldest."""
        limit = self._selection.limit
        sql = self._selected + _LETTERS + (_OLDEST if limit else "")
        retry = ScalarQueryParameter("retry_claimed", "BOOL", self._selection.retry_claimed)
        parameters = [*self._parameters, retry]
        if limit:
            parameters.append(ScalarQueryParameter("limit", "INT64", limit))
        return map(_letter, run_query(self._client, sql, *parameters, page_size=PAGE_ROWS))


def _letter(row: Any) -> Letter:
    return Letter(
        row.dead_letter_id,
        row.payload,
        orjson.loads(row.attributes),
        row.replay_attempt + 1,
        frozenset(row.run_ids or ()),
    )
