"""Reads the selected dead letters, against what earlier runs say of them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice, pairwise
from string import Template
from typing import Any, NamedTuple

import orjson
from google.cloud import bigquery
from google.cloud.bigquery import ScalarQueryParameter

from flex_template.bigquery.client import run_query
from flex_template.replay.letter import Letter
from flex_template.replay.selection import CONDITION, Selection

PAGE_ROWS = 500  # of usually a few kilobytes: about a megabyte at a time in memory
# "Maximum response size", https://cloud.google.com/bigquery/quotas#query_jobs: 10 GB compressed.
PAGE_BYTES = 1_000_000_000
_ROW_BYTES = 2_000  # about what a letter's other columns take

# A run's last word on a letter is `published` or `failed`; without one, nobody knows.
_SELECTED = """
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
  WHERE NOT IFNULL(replayed.published, FALSE) AND ${condition}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY letter.dead_letter_id ORDER BY letter.failed_at) = 1
)
"""
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
_PAGES = """, sizes AS (
  SELECT
    failed_at,
    SUM(LEAST(payload_size, 10000000) + @row_bytes)
      OVER (ORDER BY failed_at, dead_letter_id) AS bytes
  FROM selected
  WHERE NOT truncated AND (@retry_claimed OR NOT claimed)
)
SELECT MIN(failed_at) AS first
FROM sizes
GROUP BY DIV(CAST(bytes AS INT64), @page_bytes)
ORDER BY first
"""
# The payload, by far the largest column, is read in the page's partitions only.
_PAGE = """, page AS (
  SELECT dead_letter_id, failed_at, run_ids
  FROM selected
  WHERE failed_at >= @page_start
    AND failed_at < @page_end
    AND NOT truncated
    AND (@retry_claimed OR NOT claimed)
)
SELECT
  letter.dead_letter_id,
  letter.payload,
  TO_JSON_STRING(letter.attributes) AS attributes,
  letter.replay_attempt,
  page.run_ids,
  UNIX_MICROS(COALESCE(letter.published_at, letter.failed_at)) AS published_at
FROM `${dead_letters}` AS letter
JOIN page ON page.dead_letter_id = letter.dead_letter_id AND page.failed_at = letter.failed_at
WHERE letter.failed_at >= @page_start AND letter.failed_at < @page_end
QUALIFY ROW_NUMBER() OVER (PARTITION BY letter.dead_letter_id ORDER BY letter.failed_at) = 1
ORDER BY letter.failed_at, letter.dead_letter_id
"""


class Tally(NamedTuple):
    """Unpublished dead letters of one stage and code: never claimed, unclear, not replayable."""

    stage: str
    error_code: str
    new: int
    claimed: int
    truncated: int


class DeadLetterQuery:
    """The letters of `selection` that no run has published."""

    def __init__(
        self, client: bigquery.Client, dead_letters: str, replays: str, selection: Selection
    ) -> None:
        self._client = client
        self._tables = {"dead_letters": dead_letters, "replays": replays, "condition": CONDITION}
        self._selection = selection

    def tallies(self) -> list[Tally]:
        """Counts by stage and code, without reading payloads or regard to the limit."""
        return [Tally(**row) for row in self._run(_TALLIES)]

    def letters(self) -> Iterator[Letter]:
        """The letters to replay, the oldest first, at most as many as the limit.

        They are read as they are consumed, so what another run claims meanwhile is left out.
        """
        starts = [row.first for row in self._run(_PAGES, *self._page_parameters())]
        bounds = pairwise([*starts, self._selection.until])
        pages = (self._page(start, end) for start, end in bounds)
        return islice(chain.from_iterable(pages), self._selection.limit)

    def _page(self, start: datetime, end: datetime) -> Iterator[Letter]:
        parameters = (
            ScalarQueryParameter("retry_claimed", "BOOL", self._selection.retry_claimed),
            ScalarQueryParameter("page_start", "TIMESTAMP", start),
            ScalarQueryParameter("page_end", "TIMESTAMP", end),
        )
        return map(_letter, self._run(_PAGE, *parameters))

    def _page_parameters(self) -> list[ScalarQueryParameter]:
        return [
            ScalarQueryParameter("retry_claimed", "BOOL", self._selection.retry_claimed),
            ScalarQueryParameter("row_bytes", "INT64", _ROW_BYTES),
            ScalarQueryParameter("page_bytes", "INT64", PAGE_BYTES),
        ]

    def _run(self, sql: str, *parameters: ScalarQueryParameter) -> bigquery.table.RowIterator:
        text = Template(_SELECTED + sql).substitute(self._tables)
        all_parameters = [*self._selection.parameters(), *parameters]
        return run_query(self._client, text, *all_parameters, page_size=PAGE_ROWS)


def _letter(row: Any) -> Letter:
    return Letter(
        row.dead_letter_id,
        row.payload,
        orjson.loads(row.attributes),
        row.replay_attempt + 1,
        frozenset(row.run_ids or ()),
        row.published_at,
    )
