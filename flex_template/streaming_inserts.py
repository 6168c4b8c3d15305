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

from flex_template.json_rows import json_row
from flex_template.message import Message

CARRIED = "aegis_message"


class StreamingInserts(beam.PTransform):
    """`(Message, row)` in; a `(Message, reason)` out for each row that BigQuery refuses."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self._table = table.replace(":", ".").replace(".", ":", 1)

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        written = (
            rows
            | "To JSON" >> beam.MapTuple(_carrying)
            | "Insert"
            >> WriteToBigQuery(
                self._table,
                method=WriteToBigQuery.Method.STREAMING_INSERTS,
                create_disposition=BigQueryDisposition.CREATE_NEVER,
                insert_retry_strategy=RetryStrategy.RETRY_ON_TRANSIENT_ERROR,
                ignore_unknown_columns=True,
            )
        )
        return written.failed_rows_with_errors | "Refused" >> beam.MapTuple(_refusal)


def _carrying(message: Message, row: tuple[Any, ...]) -> dict[str, Any]:
    data = base64.b64encode(message.data).decode()
    plain = message._asdict() | {"data": data, "attributes": dict(message.attributes)}
    return json_row(row, "events") | {CARRIED: orjson.dumps(plain).decode()}


def _refusal(_: str, row: dict[str, Any], errors: list[dict[str, str]]) -> tuple[Message, str]:
    carried = orjson.loads(row[CARRIED])
    message = Message(**carried | {"data": base64.b64decode(carried["data"])})
    return message, "; ".join(error["message"] for error in errors)
