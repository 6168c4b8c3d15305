"""The sinks: hand a bundle's rows to the process's writer, and await each."""

import gc
import os
import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.utils.windowed_value import WindowedValue

from flex_template import metrics
from flex_template.bigquery.arrow import Rows
from flex_template.bigquery.group_commit import shared
from flex_template.bigquery.group_commit.budget import PROCESS_BUDGET
from flex_template.bigquery.group_commit.bundle import BundleWriter
from flex_template.bigquery.group_commit.pending import Append
from flex_template.bigquery.group_commit.retry import AppendError, RetryPolicy
from flex_template.bigquery.group_commit.shared import DEFAULT_POLICY, Destination
from flex_template.bigquery.group_commit.writer import FULL_BYTES, FULL_ROWS
from flex_template.chunks.chunk import Chunk, in_global_window
from flex_template.dead_letter import Failure, row_refused
from flex_template.message import from_pubsub
from schemas import event_columns, now_micros
from schemas.tracing import exports_spans

if TYPE_CHECKING:
    from flex_template.bigquery.spans import BundleSpans

# A bundle hands over this much at a time, so that a large one fills whole requests by itself.
MAX_ROWS, MAX_BYTES = FULL_ROWS, FULL_BYTES
# Messages leave no reference cycles behind, yet at Python's default of 700 the collector looks
# through the buffered rows again and again, for a seventh of all CPU.
GC_THRESHOLD = 50_000
ROW_OVERHEAD = 1_000  # bytes of a row's objects beside its values' own

Refusal = tuple[Any, str]


class _AppendRows(beam.DoFn):
    """Appends rows to one table; a bundle commits only once all its rows are stored or refused."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination

    def setup(self) -> None:
        gc.set_threshold(GC_THRESHOLD)
        self._lease = shared.acquire(self._destination)
        self._bundle = BundleWriter(self._lease.writer)

    def start_bundle(self) -> None:
        self._bundle.withdraw()  # what a bundle that failed has left
        self._bundle_rows = 0
        self._clear()

    def _clear(self) -> None:
        self._rows: list[Rows] = []
        self._sources: list[Any] = []
        self._bytes = 0

    def teardown(self) -> None:
        self._bundle.withdraw()
        shared.release(self._lease)

    def _add(self, sources: Sequence[Any], rows: Rows, size: int) -> None:
        """Keep rows and what each was made from, `size` bytes; hand over what has gathered."""
        self._rows.append(rows)
        self._sources += sources
        self._bytes += size
        self._bundle_rows += len(sources)
        if len(self._sources) >= MAX_ROWS or self._bytes >= MAX_BYTES:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._rows:
            self._bundle.append(self._rows, self._sources, self._bytes)
            metrics.record(metrics.BYTES_IN_FLIGHT, PROCESS_BUDGET.held)
            self._clear()

    def _refusals(self) -> Iterator[Refusal]:
        """What is known to be refused by now."""
        return self._counted(self._bundle.settled())

    def _all_refusals(self) -> Iterator[Refusal]:
        """What is refused of all rows; waits for BigQuery's answers."""
        self._hand_over()
        if not self._bundle_rows:
            return
        began = time.monotonic()
        yield from self._counted(self._bundle.wait())
        metrics.record(metrics.WAIT_MILLISECONDS, round((time.monotonic() - began) * 1000))
        metrics.record(metrics.BUNDLE_ROWS, self._bundle_rows)

    def _counted(self, appends: Iterable[Append]) -> Iterator[Refusal]:
        for append in appends:
            self._count_stored(append.stored)
            for request in append.requests:
                metrics.record(metrics.APPEND_ROWS, request.rows)
                metrics.record(metrics.APPEND_BYTES, request.bytes)
                metrics.record(metrics.APPEND_MILLISECONDS, round(request.seconds * 1000))
            if append.retries:
                metrics.count({metrics.APPEND_RETRIES: append.retries})
            yield from append.refused

    @abstractmethod
    def _count_stored(self, rows: int) -> None:
        """Count rows that BigQuery holds."""


class AppendEvents(_AppendRows):
    """Chunks whose values are rows in; lists of `Failure`s out."""

    def __init__(self, table: str, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        super().__init__(Destination(table, "events", policy))

    def setup(self) -> None:
        super().setup()
        self._spans = _open_spans() if exports_spans(os.environ) else None

    def start_bundle(self) -> None:
        super().start_bundle()
        self._oldest: int | None = None
        self._stored = 0
        if self._spans:
            self._spans.begin()

    def teardown(self) -> None:
        super().teardown()
        if self._spans:
            self._spans.fail()

    def process(self, chunk: Chunk) -> list[list[Failure]]:
        if self._spans:
            self._spans.add(chunk)
        for columns, serialized in chunk.accepted:
            self._note(pc.min(columns.column("received_at")).cast(pa.int64()).as_py())
            size = columns.get_total_buffer_size() + sum(map(len, serialized))
            self._add(serialized, columns, size)
        if chunk.values:
            rows = [row for _, row in chunk.values]
            self._note(min(filter(None, map(itemgetter(_received_at()), rows)), default=None))
            # The values of a row are about as large as the message that they were read from.
            size = 2 * sum(map(len, chunk.serialized)) + ROW_OVERHEAD * len(rows)
            self._add(chunk.serialized, rows, size)
        refused = chunk.failures + list(map(_failure, self._refusals()))
        return [refused] if refused else []

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if refused := list(map(_failure, self._all_refusals())):
            yield in_global_window(refused)
        if self._oldest is not None:
            metrics.record(metrics.LATENCY_MILLISECONDS, (now_micros() - self._oldest) // 1000)
        if self._spans:
            self._spans.end(self._stored)

    def _note(self, received_at: int | None) -> None:
        if received_at is not None:
            self._oldest = min(received_at, self._oldest or received_at)

    def _count_stored(self, rows: int) -> None:
        metrics.count({metrics.EVENTS: rows})
        self._stored += rows


class AppendDeadLetters(_AppendRows):
    """Record batches in; nothing out: a dead letter that is refused is an error."""

    def __init__(self, table: str, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        super().__init__(Destination(table, "dead_letters", policy))

    def process(self, letters: pa.RecordBatch) -> None:
        size = letters.get_total_buffer_size()
        self._add(letters.column("message_id").to_pylist(), letters, size)
        self._require_none(self._refusals())

    def finish_bundle(self) -> None:
        self._require_none(self._all_refusals())

    def _require_none(self, refusals: Iterator[Refusal]) -> None:
        for message_id, reason in refusals:
            message = f"BigQuery refuses the dead letter of message {message_id}: {reason}"
            raise AppendError(message)

    def _count_stored(self, rows: int) -> None:
        metrics.count({metrics.DEAD_LETTERS: rows})


def _open_spans() -> "BundleSpans":
    from flex_template.bigquery.spans import BundleSpans  # noqa: PLC0415 - slow, seldom wanted

    return BundleSpans()


@cache
def _received_at() -> int:
    return [column.name for column in event_columns()].index("received_at")


def _failure(refusal: Refusal) -> Failure:
    serialized, reason = refusal
    return row_refused(from_pubsub(serialized), reason)
