"""Beam's own BigQuery sink behind our contract, for comparison and for projects that need it.

It shuffles rows on their way, so each carries its message in a column that the table lacks and
BigQuery is told to ignore: a refused row still becomes an exact dead letter.
"""

import base64
from typing import Any

import apache_beam as beam
import orjson
from apache_beam.io import BigQueryDisposition, WriteToBigQuery
from apache_beam.io.gcp.bigquery_tools import RetryStrategy

from flex_template import metrics
from flex_template.bigquery.group_commit.retry import AppendError
from flex_template.bigquery.json_rows import json_row
from flex_template.bigquery.table_name import TableName
from flex_template.chunks.chunk import Chunk, failures_of
from flex_template.dead_letter import Failure, row_refused
from flex_template.message import Message

CARRIED = "aegis_message"
ROW_REFUSED = "invalid"


class StreamingInserts(beam.PTransform):
    """Chunks whose values are rows in; lists of `Failure`s out."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self._table = TableName.parse(table).with_colon

    def expand(self, chunks: beam.PCollection) -> beam.PCollection:
        written = (
            chunks
            | "To JSON" >> beam.ParDo(_ToJson())
            | "Insert"
            >> WriteToBigQuery(
                self._table,
                method=WriteToBigQuery.Method.STREAMING_INSERTS,
                create_disposition=BigQueryDisposition.CREATE_NEVER,
                insert_retry_strategy=RetryStrategy.RETRY_ON_TRANSIENT_ERROR,
                ignore_unknown_columns=True,
            )
        )
        refused = written.failed_rows_with_errors | "Refused" >> beam.ParDo(_Refused())
        failed = chunks | "Failed before" >> beam.Map(failures_of)
        return (failed, refused) | "All failures" >> beam.Flatten()


class _Counting(beam.DoFn):
    """Counts a row as it is sent, and takes it back if refused: Beam's sink reports no success."""

    def start_bundle(self) -> None:
        self._events = 0

    def finish_bundle(self) -> None:
        metrics.count({metrics.EVENTS: self._events})


class _ToJson(_Counting):
    def process(self, chunk: Chunk) -> list[dict[str, Any]]:
        rows = [_carrying(message, row) for message, row in chunk.rows()]
        self._events += len(rows)
        return rows


class _Refused(_Counting):
    def process(
        self, element: tuple[str, dict[str, Any], list[dict[str, str]] | str]
    ) -> list[list[Failure]]:
        self._events -= 1
        _, row, errors = element
        return [[row_refused(_carried(row), _reason(errors))]]


def _carrying(message: Message, row: tuple[Any, ...]) -> dict[str, Any]:
    data = base64.b64encode(message.data).decode()
    plain = message._asdict() | {"data": data, "attributes": dict(message.attributes)}
    return json_row(row, "events") | {CARRIED: orjson.dumps(plain).decode()}


def _carried(row: dict[str, Any]) -> Message:
    plain = orjson.loads(row[CARRIED])
    return Message(**plain | {"data": base64.b64decode(plain["data"])})


def _reason(errors: list[dict[str, str]] | str) -> str:
    """Why BigQuery refused the row; a text is Beam's own refusal of a row that is too large.

    Raises:
        AppendError: the request failed as a whole, which Beam reports as the fault of every row.
    """
    if isinstance(errors, str):
        return errors
    reasons = "; ".join(error["message"] for error in errors)
    if any(error["reason"] != ROW_REFUSED for error in errors):
        raise AppendError(f"BigQuery takes no rows: {reasons}")
    return reasons
