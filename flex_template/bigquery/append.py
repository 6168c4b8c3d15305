"""The sinks: buffer a bundle's rows, append them in batches, settle them before it ends."""

import gc
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.utils.windowed_value import WindowedValue

from flex_template import metrics
from flex_template.bigquery.append_stream import connect
from flex_template.bigquery.arrow import arrow_schema, record_batch
from flex_template.bigquery.writer import AppendError, Batch, RetryPolicy, Settled, TableWriter
from flex_template.chunk import Chunk, in_global_window
from flex_template.dead_letter import DeadLetterRow, Failure, row_refused
from flex_template.message import from_pubsub
from schemas import now_micros

MAX_ROWS = 2_000
MAX_BUFFERED_BYTES = 4_000_000
# Messages leave no reference cycles behind, yet at Python's default of 700 the collector looks
# through the buffered rows again and again, for a seventh of all CPU.
GC_THRESHOLD = 50_000
DEFAULT_POLICY = RetryPolicy()

Refusal = tuple[Any, str]


class _AppendRows(beam.DoFn):
    """Appends rows to one table; a bundle commits only once all its rows are stored or refused."""

    def __init__(self, table: str, schema_of: str, policy: RetryPolicy) -> None:
        """Write to `table`, whose schema is that of one of `schemas.TABLES`."""
        self._table = table
        self._schema_of = schema_of
        self._policy = policy

    def setup(self) -> None:
        gc.set_threshold(GC_THRESHOLD)
        self._schema = arrow_schema(self._schema_of)
        self._transport = connect()
        self._writer = TableWriter(
            self._table, self._schema, self._transport, self._policy, _count_retry
        )

    def start_bundle(self) -> None:
        self._writer.forget()
        self._clear()

    def _clear(self) -> None:
        self._sources: list[Any] = []
        self._rows: list[tuple[Any, ...]] = []
        self._bytes = 0

    def _add(self, sources: Sequence[Any], rows: Sequence[tuple[Any, ...]], size: int) -> None:
        self._sources += sources
        self._rows += rows
        self._bytes += size

    def _refusals(self) -> Iterator[Refusal]:
        """What is known to be refused once enough rows for a batch have been sent."""
        if len(self._rows) >= MAX_ROWS or self._bytes >= MAX_BUFFERED_BYTES:
            yield from self._settled(self._send())

    def _all_refusals(self) -> Iterator[Refusal]:
        """What is refused of all rows; waits for BigQuery's answers."""
        if self._rows:
            yield from self._settled(self._send())
        yield from self._settled(self._writer.flush())

    def teardown(self) -> None:
        self._writer.close()
        self._transport.close()

    def _send(self) -> Iterator[Settled]:
        batch = Batch(record_batch(self._rows, self._schema), self._sources)
        metrics.record(metrics.BATCH_ROWS, len(self._rows))
        metrics.record(metrics.BATCH_BYTES, batch.rows.nbytes)
        self._clear()
        return self._writer.append(batch)

    def _settled(self, settled: Iterator[Settled]) -> Iterator[Refusal]:
        for outcome in settled:
            metrics.record(metrics.APPEND_MILLISECONDS, round(outcome.seconds * 1000))
            if outcome.stored is not None:
                self._count_stored(outcome.stored.rows)
            yield from outcome.refused

    @abstractmethod
    def _count_stored(self, rows: pa.RecordBatch) -> None:
        """Count rows that BigQuery holds."""


class AppendEvents(_AppendRows):
    """Chunks whose values are rows in; lists of `Failure`s out."""

    def __init__(self, table: str, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        super().__init__(table, "events", policy)

    def process(self, chunk: Chunk) -> list[list[Failure]]:
        rows = [row for _, row in chunk.values]
        self._add(chunk.serialized, rows, sum(map(len, chunk.serialized)))
        return [chunk.failures + list(map(_failure, self._refusals()))]

    def finish_bundle(self) -> Iterator[WindowedValue]:
        yield in_global_window(list(map(_failure, self._all_refusals())))

    def _count_stored(self, rows: pa.RecordBatch) -> None:
        metrics.count({metrics.EVENTS: rows.num_rows})
        oldest = pc.min(rows.column("received_at")).cast(pa.int64()).as_py()
        if oldest is not None:
            metrics.record(metrics.LATENCY_MILLISECONDS, (now_micros() - oldest) // 1000)


class AppendDeadLetters(_AppendRows):
    """Lists of message ids and rows in; nothing out: a dead letter that is refused is an error."""

    def __init__(self, table: str, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        super().__init__(table, "dead_letters", policy)

    def process(self, letters: list[tuple[str, DeadLetterRow]]) -> None:
        for message_id, row in letters:
            self._add([message_id], [row], len(row[_PAYLOAD]))
            self._require_none(self._refusals())

    def finish_bundle(self) -> None:
        self._require_none(self._all_refusals())

    def _require_none(self, refusals: Iterator[Refusal]) -> None:
        for message_id, reason in refusals:
            message = f"BigQuery refuses the dead letter of message {message_id}: {reason}"
            raise AppendError(message)

    def _count_stored(self, rows: pa.RecordBatch) -> None:
        metrics.count({metrics.DEAD_LETTERS: rows.num_rows})


_PAYLOAD = 7  # until rows are measured as what they are


def _count_retry() -> None:
    metrics.count({metrics.APPEND_RETRIES: 1})


def _failure(refusal: Refusal) -> Failure:
    serialized, reason = refusal
    return row_refused(from_pubsub(serialized), reason)
