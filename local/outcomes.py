"""The last outcomes and the counts, as the tables have them, fitted to a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.cloud import bigquery
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

Row = dict[str, Any]
MAX_ROWS = 200  # more lines than a terminal has
WIDE = 120  # columns, from which the longest codes and paths have room
_COUNTS = """
WITH events AS (
  SELECT COUNT(*) AS stored, COUNTIF(published_at >= @recently) AS recent FROM aegis.events
), letters AS (
  SELECT
    COUNTIF(stage = 'edge') AS refused,
    COUNTIF(stage != 'edge') AS dead_letters,
    COUNTIF(failed_at >= @recently) AS recent
  FROM (SELECT DISTINCT dead_letter_id, stage, failed_at FROM aegis.dead_letters)
)
SELECT stored, refused, dead_letters, events.recent + letters.recent AS recent
FROM events CROSS JOIN letters
"""
_LAST = """
SELECT
  published_at AS at, 'stored' AS outcome, signal_type AS code, '' AS path,
  CONCAT('user ', user_id, ' on ', source_platform) AS words
FROM aegis.events
UNION ALL
SELECT
  failed_at, IF(stage = 'edge', 'refused', 'dead letter'), error_code,
  IFNULL(JSON_VALUE(errors, '$[0].path'), ''), error_message
FROM aegis.dead_letters
ORDER BY at DESC
LIMIT @rows
"""
_STYLES = {"stored": "green", "refused": "yellow", "dead letter": "red"}


@dataclass(frozen=True)
class Counts:
    """Rows of the tables; `recent` are those of the last seconds, whatever their outcome."""

    stored: int
    refused: int
    dead_letters: int
    recent: int


class Tables:
    """Asks the stack's BigQuery; nothing is kept from one look to the next."""

    def __init__(self, client: bigquery.Client) -> None:
        self._client = client

    def counts(self, recently: datetime) -> Counts:
        parameter = bigquery.ScalarQueryParameter("recently", "TIMESTAMP", recently)
        (row,) = self._query(_COUNTS, parameter)
        return Counts(**row)

    def last(self) -> list[Row]:
        """The newest outcomes, at most `MAX_ROWS`, newest first."""
        return self._query(_LAST, bigquery.ScalarQueryParameter("rows", "INT64", MAX_ROWS))

    def _query(self, sql: str, *parameters: bigquery.ScalarQueryParameter) -> list[Row]:
        config = bigquery.QueryJobConfig(query_parameters=parameters)
        # The client would repeat a refused connection for minutes, though BigQuery runs here.
        job = self._client.query(sql, job_config=config, retry=None, job_retry=None)
        return [dict(row) for row in job.result(retry=None, job_retry=None)]


@dataclass(frozen=True)
class View:
    """What a terminal shows: `head`, the counts, and as many outcomes as lines are left."""

    head: Text
    counts: Counts
    rows: Sequence[Row]
    rate: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        above = [self.head, Text(""), self._summary()]
        used = sum(len(console.render_lines(each, options, pad=False)) for each in above)
        yield from above
        left = (options.height or console.height) - used - 1  # the table's own head
        yield _table(self.rows[: max(left, 0)], options.max_width)

    def _summary(self) -> Text:
        counts = self.counts
        letters = counts.refused + counts.dead_letters
        parts = [
            (f"{counts.stored + letters:,} received", "bold"),
            (" = ", ""),
            (f"{counts.stored:,} stored", _STYLES["stored"]),
            (" + ", ""),
            (f"{counts.refused:,} refused", _STYLES["refused"]),
            (" + ", ""),
            (f"{counts.dead_letters:,} dead letters", _STYLES["dead letter"]),
            (f"   {self.rate:.1f}/s", "dim"),
        ]
        return Text.assemble(*parts)


def _table(rows: Sequence[Row], width: int) -> Table:
    code, path = (24, 30) if width >= WIDE else (18, 13)
    table = Table(box=None, padding=(0, 1, 0, 0), width=width, header_style="dim")
    for name, fixed in (("time", 8), ("outcome", 11), ("what", code), ("path", path)):
        table.add_column(name, no_wrap=True, overflow="ellipsis", width=fixed)
    table.add_column("in words", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        cells = (_plain(row[name]) for name in ("code", "path", "words"))
        outcome = Text(row["outcome"], style=_STYLES[row["outcome"]])
        table.add_row(f"{row['at']:%H:%M:%S}", outcome, *cells)
    return table


def _plain(text: str) -> Text:
    """On one line, and without what a terminal would obey."""
    return Text("".join(char if char.isprintable() else "\ufffd" for char in text))
