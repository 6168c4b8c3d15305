"""A writer with short patience, and small tables to append."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from flex_template.bigquery.append_stream import connect
from flex_template.bigquery.writer import Batch, RetryPolicy, Settled, TableWriter
from local.bigquery.write_server import BigQueryWriteServer

FAST = RetryPolicy(attempts=4, initial=0.001, maximum=0.01)
SCHEMA = pa.schema([pa.field("number", pa.int64()), pa.field("text", pa.string())])


class Writer:
    """A `TableWriter` on the test's BigQuery that notes what became of every row."""

    def __init__(self, writer: TableWriter) -> None:
        self.writer = writer
        self.stored: list[Any] = []
        self.refused: dict[Any, str] = {}

    def append(self, *numbers: int, width: int = 1) -> None:
        self.note(self.writer.append(batch(numbers, width)))

    def flush(self) -> None:
        self.note(self.writer.flush())

    def note(self, settled: Iterator[Settled]) -> None:
        for outcome in settled:
            self.stored += outcome.stored.keys if outcome.stored else []
            self.refused |= dict(outcome.refused)


def batch(numbers: tuple[int, ...], width: int = 1) -> Batch:
    """Rows of about `width` bytes, keyed by their number."""
    columns = [pa.array(numbers, pa.int64()), pa.array(["x" * width] * len(numbers))]
    return Batch(pa.RecordBatch.from_arrays(columns, schema=SCHEMA), list(numbers))


@contextmanager
def writing(policy: RetryPolicy, retries: list[None]) -> Iterator[Writer]:
    """A writer whose retries are counted as the length of `retries`."""
    transport = connect()
    table = "aegis-test.aegis.numbers"
    writer = TableWriter(table, SCHEMA, transport, policy, lambda: retries.append(None))
    yield Writer(writer)
    writer.close()
    transport.close()


def stored(bigquery: BigQueryWriteServer) -> Counter[int]:
    """How often each row is in the table."""
    return Counter(row["number"] for row in bigquery.rows.get("numbers", []))
