"""Appends batches to a table's default stream, at least once, several in flight.

- A row that BigQuery refuses is returned with BigQuery's reason; the rest is appended again.
- A retryable error or a broken stream is retried with jittered backoff on a new stream.
- Any other error, or too many failures in a row, raises `AppendError`: the caller's bundle fails
  and Pub/Sub delivers its messages again.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import (
    BigQueryWriteGrpcTransport,
)
from google.cloud.bigquery_storage_v1.types import AppendRowsRequest, AppendRowsResponse

from flex_template.bigquery.append_stream import AppendStream, StreamEnded
from flex_template.bigquery.table_name import TableName

# "The size of a single AppendRowsRequest must be less than 20 MB", schema and framing included.
# https://cloud.google.com/bigquery/docs/reference/storage/rpc/google.cloud.bigquery.storage.v1
MAX_REQUEST_BYTES = 19_900_000
MAX_IN_FLIGHT = 8
RETRYABLE = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
}
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class RetryPolicy(NamedTuple):
    """Seconds between failures in a row, doubling, with full jitter; and how many are borne."""

    attempts: int = 8
    initial: float = 0.1
    maximum: float = 10.0
    response_timeout: float = 60.0

    def delay(self, failures: int) -> float:
        return random.uniform(0, min(self.maximum, self.initial * 2**failures))  # noqa: S311


class AppendError(RuntimeError):
    """BigQuery takes no rows for this table: a fault of the table, a permission or the service."""


class Batch(NamedTuple):
    """Rows as Arrow, and a key for each by which its caller knows it."""

    rows: pa.RecordBatch
    keys: list[Any]


class Settled(NamedTuple):
    """One batch's fate: how many rows are stored, and which were refused, with the reason."""

    stored: Batch | None
    refused: list[tuple[Any, str]]
    seconds: float


class TableWriter:
    """Writes to one table; not thread-safe, like the DoFn that owns it."""

    def __init__(
        self,
        table: str,
        schema: pa.Schema,
        transport: BigQueryWriteGrpcTransport,
        policy: RetryPolicy,
        on_retry: Callable[[], None],
    ) -> None:
        self._name = TableName.parse(table).default_stream
        self._schema = schema.serialize().to_pybytes()
        self._transport = transport
        self._policy = policy
        self._on_retry = on_retry
        self._in_flight: deque[tuple[Batch, AppendRowsRequest, float]] = deque()
        self._stream: AppendStream | None = None
        self._failures = 0

    def append(self, batch: Batch) -> Iterator[Settled]:
        """Send a batch, split where it is too large; yields what settled to make room."""
        if batch.rows.nbytes > MAX_REQUEST_BYTES and batch.rows.num_rows > 1:
            half = batch.rows.num_rows // 2
            yield from self.append(Batch(batch.rows.slice(0, half), batch.keys[:half]))
            yield from self.append(Batch(batch.rows.slice(half), batch.keys[half:]))
            return
        self._send(batch)
        while len(self._in_flight) >= MAX_IN_FLIGHT:
            yield from self._settle_oldest()

    def flush(self) -> Iterator[Settled]:
        """Wait for everything in flight.

        Raises:
            AppendError: BigQuery does not take it.
        """
        while self._in_flight:
            yield from self._settle_oldest()

    def forget(self) -> None:
        """Drop what an earlier bundle left in flight: it failed and will be processed again."""
        self._failures = 0
        if self._in_flight:
            self.close()

    def close(self) -> None:
        """End the stream; what is in flight may or may not be stored."""
        self._in_flight.clear()
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _send(self, batch: Batch) -> None:
        request = AppendRowsRequest(
            write_stream=self._name,
            trace_id="aegis-consumer",
            arrow_rows=AppendRowsRequest.ArrowData(
                writer_schema={"serialized_schema": self._schema},
                rows={"serialized_record_batch": batch.rows.serialize().to_pybytes()},
            ),
        )
        self._in_flight.append((batch, request, time.monotonic()))
        self._open_stream().send(request)

    def _open_stream(self) -> AppendStream:
        if self._stream is None:
            self._stream = AppendStream(self._transport, self._name)
        return self._stream

    def _settle_oldest(self) -> Iterator[Settled]:
        try:
            response = self._open_stream().receive(self._policy.response_timeout)
        except StreamEnded as error:
            self._resend_all(grpc.StatusCode.UNAVAILABLE, str(error))
        except grpc.RpcError as error:
            self._resend_all(error.code(), error.details())
        else:
            yield from self._settle(response)

    def _settle(self, response: AppendRowsResponse) -> Iterator[Settled]:
        batch, request, sent_at = self._in_flight.popleft()
        seconds = time.monotonic() - sent_at
        if response.row_errors:
            yield Settled(None, self._append_the_rest(batch, response), seconds)
        elif response.error.code:
            self._back_off(_CODES[response.error.code], response.error.message)
            self._in_flight.append((batch, request, time.monotonic()))
            self._open_stream().send(request)
        else:
            self._failures = 0
            yield Settled(batch, [], seconds)

    def _append_the_rest(self, batch: Batch, response: AppendRowsResponse) -> list[tuple[Any, str]]:
        """A request with row errors stored nothing: send again what BigQuery did not refuse."""
        reasons = {error.index: error.message for error in response.row_errors}
        rest = [index for index in range(batch.rows.num_rows) if index not in reasons]
        if rest:
            self._send(Batch(batch.rows.take(pa.array(rest)), [batch.keys[i] for i in rest]))
        return [(batch.keys[index], reason) for index, reason in reasons.items()]

    def _resend_all(self, code: grpc.StatusCode, reason: str) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._back_off(code, reason)
        stream = self._open_stream()
        for _, request, _ in self._in_flight:
            stream.send(request)

    def _back_off(self, code: grpc.StatusCode, reason: str) -> None:
        if code not in RETRYABLE or self._failures >= self._policy.attempts:
            raise AppendError(f"{self._name}: {code.name}: {reason}")
        self._on_retry()
        time.sleep(self._policy.delay(self._failures))
        self._failures += 1
