"""A shared writer with short patience, and small rows for its bundles to append."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from flex_template.bigquery.group_commit.append_stream import connect
from flex_template.bigquery.group_commit.bundle import BundleWriter
from flex_template.bigquery.group_commit.request import Table
from flex_template.bigquery.group_commit.retry import RetryPolicy
from flex_template.bigquery.group_commit.writer import SYSTEM_CLOCK, Clock, TableWriter
from local.bigquery.write_server import BigQueryWriteServer

FAST = RetryPolicy(attempts=4, initial=0.001, maximum=0.01)
SCHEMA = pa.schema([pa.field("number", pa.int64()), pa.field("text", pa.string())])
TABLE = Table.of("aegis-test.aegis.numbers", SCHEMA)


class Bundle:
    """A bundle that notices what became of every row; each append is a request where it can be."""

    def __init__(self, writer: TableWriter) -> None:
        self.rows = BundleWriter(writer)
        self.handed_over: list[int] = []
        self.refused: dict[Any, str] = {}
        self.retries = 0

    def append(self, *numbers: int, width: int = 1) -> None:
        self.rows.append([batch(numbers, width)], numbers, (8 + width) * len(numbers))
        self.handed_over += numbers

    def flush(self) -> None:
        for append in self.rows.wait():
            self.refused |= dict(append.refused)
            self.retries += append.retries

    @property
    def stored(self) -> list[int]:
        return [number for number in self.handed_over if number not in self.refused]


def batch(numbers: tuple[int, ...], width: int = 1) -> pa.RecordBatch:
    """Rows of about `width` bytes."""
    columns = [pa.array(numbers, pa.int64()), pa.array(["x" * width] * len(numbers))]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def fast_clock(speed: float) -> Clock:
    """A clock that runs `speed` times as fast as the system's."""
    return Clock(lambda: time.monotonic() * speed, speed)


@contextmanager
def writing(policy: RetryPolicy = FAST, clock: Clock = SYSTEM_CLOCK) -> Iterator[TableWriter]:
    """A writer to the BigQuery that the environment names."""
    writer = TableWriter(TABLE, connect(), policy, clock)
    yield writer
    writer.close()


def stored(bigquery: BigQueryWriteServer) -> Counter[int]:
    """How often each row is in the table."""
    return Counter(row["number"] for row in bigquery.rows.get("numbers", []))
