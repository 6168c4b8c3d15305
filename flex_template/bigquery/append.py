"""The sink: buffers a bundle's rows, appends them in batches, settles them before it ends."""

import gc
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from flex_template import metrics
from flex_template.bigquery.append_stream import connect
from flex_template.bigquery.arrow import arrow_schema, record_batch
from flex_template.bigquery.writer import Batch, RetryPolicy, Settled, TableWriter
from flex_template.flood import SharedGuard
from flex_template.message import Message
from schemas import now_micros

MAX_ROWS = 2_000
MAX_BUFFERED_BYTES = 4_000_000
# Messages leave no reference cycles behind, yet at Python's default of 700 the collector looks
# through the buffered rows again and again, for a seventh of all CPU.
GC_THRESHOLD = 50_000
DEFAULT_POLICY = RetryPolicy()

Refusal = tuple[Message, str]
NOTHING: list[Refusal] = []


class AppendRows(beam.DoFn):
    """`(Message, row)` in; a `(Message, reason)` out for each row that BigQuery refuses.

    Everything else raises, so a bundle commits only once all its rows are stored or refused.
    """

    def __init__(
        self, table: str, kind: str, guard: SharedGuard, policy: RetryPolicy = DEFAULT_POLICY
    ) -> None:
        """Write to `table`, whose schema is that of `kind`, one of `schemas.TABLES`."""
        self._table = table
        self._kind = kind
        self._shared_guard = guard
        self._policy = policy

    def setup(self) -> None:
        gc.set_threshold(GC_THRESHOLD)
        self._schema = arrow_schema(self._kind)
        self._guard = self._shared_guard.acquire()
        self._transport = connect()
        self._writer = TableWriter(
            self._table, self._schema, self._transport, self._policy, _count_retry
        )

    def start_bundle(self) -> None:
        self._writer.forget()
        self._clear()

    def _clear(self) -> None:
        self._messages: list[Message] = []
        self._rows: list[tuple[Any, ...]] = []
        self._bytes = 0

    def process(self, element: tuple[Message, tuple[Any, ...]]) -> list[Refusal]:
        message, row = element
        self._messages.append(message)
        self._rows.append(row)
        self._bytes += len(message.data)
        if len(self._rows) >= MAX_ROWS or self._bytes >= MAX_BUFFERED_BYTES:
            return list(self._refusals(self._send()))
        return NOTHING

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if self._rows:
            yield from map(_windowed, self._refusals(self._send()))
        yield from map(_windowed, self._refusals(self._writer.flush()))
        if self._kind == "dead_letters":  # the path's last sink: the bundle's outcomes are complete
            self._guard.weigh()

    def teardown(self) -> None:
        self._writer.close()
        self._transport.close()

    def _send(self) -> Iterator[Settled]:
        batch = Batch(record_batch(self._rows, self._schema), self._messages)
        metrics.record(metrics.BATCH_ROWS, len(self._rows))
        metrics.record(metrics.BATCH_BYTES, batch.rows.nbytes)
        self._clear()
        return self._writer.append(batch)

    def _refusals(self, settled: Iterator[Settled]) -> Iterator[Refusal]:
        for outcome in settled:
            metrics.record(metrics.APPEND_MILLISECONDS, round(outcome.seconds * 1000))
            if outcome.stored is not None:
                self._count_stored(outcome.stored)
            yield from outcome.refused

    def _count_stored(self, batch: Batch) -> None:
        stored = {self._kind: batch.rows.num_rows}
        metrics.count(stored)
        self._guard.add(**stored)
        if "received_at" in self._schema.names:
            oldest = pc.min(batch.rows.column("received_at")).cast(pa.int64()).as_py()
            if oldest is not None:
                metrics.record(metrics.LATENCY_MILLISECONDS, (now_micros() - oldest) // 1000)


def _count_retry() -> None:
    metrics.count({metrics.APPEND_RETRIES: 1})


def _windowed(refusal: Refusal) -> WindowedValue:
    return WindowedValue(refusal, MIN_TIMESTAMP, [GlobalWindow()])
