"""What the pages read from BigQuery."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, NamedTuple

from google.cloud import bigquery
from google.cloud.bigquery import ScalarQueryParameter

from flex_template.bigquery.client import Parameter, run_query
from flex_template.trace.story import Moment, Tables, story

PAGE_ROWS = 50  # as many as one scrolls through
Row = dict[str, Any]
Place = tuple[datetime, str]  # of a letter in its group: when it failed, and its id


class Group(NamedTuple):
    """Dead letters of one stage, code and path of the first error, since some time."""

    stage: str
    error_code: str
    path: str
    since: datetime


class Warehouse:
    """The queries in `queries/`, over one deployment's tables."""

    def __init__(self, client: bigquery.Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def rows(self, query: str, *parameters: Parameter) -> list[Row]:
        """Run one of `queries/*.sql`."""
        sql = files("console").joinpath("queries", f"{query}.sql").read_text()
        for name, table in self._tables._asdict().items():
            sql = sql.replace(f"${{{name}}}", table)
        return [dict(row) for row in run_query(self._client, sql, *parameters)]

    def counts(self, since: datetime) -> Row:
        """Events and dead letters since then, and how long they took."""
        (row,) = self.rows("counts", _timestamp("since", since))
        return row

    def events(self, identifier: str | None) -> list[Row]:
        """The newest of the last week, or those of one event, request, message or user."""
        week_ago = datetime.now(UTC) - timedelta(days=7)
        found = ScalarQueryParameter("id", "STRING", identifier)
        return self.rows("events", found, _timestamp("since", week_ago), _int("rows", PAGE_ROWS))

    def groups(self, since: datetime) -> list[Row]:
        """Dead letters by stage, code and path of their first error."""
        return self.rows("groups", _timestamp("since", since))

    def letters(self, group: Group, before: Place | None) -> tuple[list[Row], Place | None]:
        """One page of a group, the newest first, and the place before which the next one is."""
        texts = group._asdict() | {"before_id": before[1] if before else None}
        since = texts.pop("since")
        found = self.rows(
            "letters",
            *(ScalarQueryParameter(name, "STRING", text) for name, text in texts.items()),
            _timestamp("since", since),
            _timestamp("before", before[0] if before else None),
            _int("rows", PAGE_ROWS + 1),
        )
        page, more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
        return page, (page[-1]["failed_at"], page[-1]["dead_letter_id"]) if more else None

    def letter(self, dead_letter_id: str) -> Row | None:
        found = self.rows("letter", ScalarQueryParameter("id", "STRING", dead_letter_id))
        return found[0] if found else None

    def run_outcomes(self, run_id: str) -> dict[str, int]:
        """How many letters of a replay's run came to which outcome."""
        found = self.rows("run", ScalarQueryParameter("run_id", "STRING", run_id))
        return {row["outcome"]: row["letters"] for row in found}

    def runs(self) -> list[Row]:
        """The last replays."""
        return self.rows("runs", _int("rows", PAGE_ROWS))

    def report(self, view: str, rows: int) -> list[Row]:
        sql = f"SELECT * FROM `{view}` LIMIT @rows"  # noqa: S608 - one of our own views
        return [dict(row) for row in run_query(self._client, sql, _int("rows", rows))]

    def story(self, identifier: str) -> list[Moment]:
        return story(self._client, self._tables, identifier)


def _timestamp(name: str, value: datetime | None) -> ScalarQueryParameter:
    return ScalarQueryParameter(name, "TIMESTAMP", value)


def _int(name: str, value: int) -> ScalarQueryParameter:
    return ScalarQueryParameter(name, "INT64", value)
