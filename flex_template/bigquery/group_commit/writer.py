"""The one writer of a process to a table: rows of all bundles in flight share its requests.

A thread of its own owns its state; bundles and streams only put events into its inbox.

- A request goes when the answers allow it, with whatever waits by then; several are in flight, and
  a second stream opens when the first is full.
- A row that BigQuery refuses goes back to its bundle with BigQuery's reason; the rest of the
  request is sent again.
- What may pass is retried, each request with a patience of its own. Any other error, or the end of
  patience, fails exactly the bundles whose rows the request held; Pub/Sub delivers them again.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import grpc
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import (
    BigQueryWriteGrpcTransport,
)

from flex_template.bigquery.group_commit.append_stream import Answer, AppendStream, StreamEnded
from flex_template.bigquery.group_commit.pending import Append, FairQueue
from flex_template.bigquery.group_commit.request import Table, requests_of
from flex_template.bigquery.group_commit.retry import AppendError, RetryPolicy
from flex_template.bigquery.group_commit.streams import Streams
from flex_template.bigquery.group_commit.verdicts import Verdicts

# What gathers in this share of the time that BigQuery took last shares a request. Bundles that end
# with one answer come back together, so they stay together.
LINGER_SHARE = 0.05
MAX_LINGER_SECONDS = 0.004
# From 500 rows to 2,000 a row becomes hardly cheaper any more: README.md, "By rows per bundle".
FULL_ROWS = 2_000
FULL_BYTES = 8_000_000  # of rows and of what they were made from

_logger = logging.getLogger(__name__)


class Clock(NamedTuple):
    """Time in seconds, which may pass at another `speed` than the system's."""

    now: Callable[[], float] = time.monotonic
    speed: float = 1.0


SYSTEM_CLOCK = Clock()


class TableWriter:
    """Takes rows from any thread, and settles each."""

    def __init__(
        self,
        table: Table,
        transport: BigQueryWriteGrpcTransport,
        policy: RetryPolicy,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._table = table
        self._transport = transport
        self._policy = policy
        self._clock = clock
        self._inbox: queue.SimpleQueue[Callable[[float], None]] = queue.SimpleQueue()
        self._unsettled: set[Append] = set()
        self._queue = FairQueue()
        self._oldest = 0.0
        self._linger = MAX_LINGER_SECONDS
        self._streams = Streams(self._open_stream)
        self._verdicts = Verdicts(table.write_stream, policy)
        self._open = threading.Lock()
        self._closing = False
        self._ended = False
        threading.Thread(target=self._run, name="append-rows", daemon=True).start()

    def append(self, bundle: object, append: Append) -> None:
        """Send rows of `bundle`; they are settled sooner or later, whatever happens."""
        with self._open:
            if self._closing:
                append.fail(self._error("the writer is closed"))
            else:
                self._inbox.put(lambda now: self._enqueue(bundle, append, now))

    def close(self) -> None:
        """End all streams; what is not settled fails, and may or may not be stored."""
        with self._open:
            self._closing = True
            self._inbox.put(lambda _: self._end())

    def _open_stream(self) -> AppendStream:
        return AppendStream(self._transport, self._table.write_stream, self._on_answer)

    def _on_answer(self, stream: AppendStream, answer: Answer) -> None:
        self._inbox.put(lambda now: self._answered(stream, answer, now))

    def _run(self) -> None:
        while not self._ended:
            try:
                self._turn()
            except Exception as error:
                # Nobody else would ever settle what this thread holds.
                _logger.exception("the writer of %s broke", self._table.write_stream)
                self._fail_all(self._error(type(error).__name__))
        self._fail_all(self._error("the writer is closed"))
        self._transport.close()

    def _turn(self) -> None:
        """Take the events that have come, then send what is due."""
        self._take_events(self._seconds_to_wait())
        now = self._clock.now()
        for stream in self._streams.silent(now - self._policy.answer_timeout):
            reason = f"no answer within {self._policy.answer_timeout:g} s"
            self._verdicts.timed_out(self._streams.end(stream), reason, now)
        self._send_what_is_due(now)

    def _take_events(self, timeout: float | None) -> None:
        try:
            event = self._inbox.get(timeout=timeout)
            while True:
                event(self._clock.now())
                event = self._inbox.get_nowait()
        except queue.Empty:
            return

    def _seconds_to_wait(self) -> float | None:
        """Until something is due that no event announces; None if there is no such thing."""
        moments = []
        if self._queue and self._streams.has_room(is_full_request=self._is_full()):
            moments.append(self._oldest + self._linger)
        due = self._verdicts.next_due()
        if due is not None and self._streams.has_room(is_full_request=True):
            moments.append(due)
        moments = [max(moment, self._verdicts.resume_at) for moment in moments]
        if (silence := self._streams.oldest_silence()) is not None:
            moments.append(silence + self._policy.answer_timeout)
        if not moments:
            return None
        return max(0.0, min(moments) - self._clock.now()) / self._clock.speed

    def _enqueue(self, bundle: object, append: Append, now: float) -> None:
        self._unsettled.add(append)
        append.when_settled(partial(self._unsettled.discard, append))
        if not self._queue:
            self._oldest = now
        self._queue.put(bundle, append)

    def _answered(self, stream: AppendStream, answer: Answer, now: float) -> None:
        if isinstance(answer, StreamEnded):
            unanswered = self._streams.end(stream)
            self._verdicts.broken(unanswered, grpc.StatusCode.UNAVAILABLE, str(answer), now)
        elif isinstance(answer, grpc.RpcError):
            unanswered = self._streams.end(stream)
            self._verdicts.broken(unanswered, answer.code(), answer.details(), now)
        elif flight := self._streams.answered(stream, now):
            self._linger = min(MAX_LINGER_SECONDS, LINGER_SHARE * (now - flight.sent_at))
            self._verdicts.answer(flight.request, answer, flight.sent_at, now)

    def _send_what_is_due(self, now: float) -> None:
        if now < self._verdicts.resume_at:
            return
        self._send_again(now)
        while self._is_time_for_a_request(now):
            for request in requests_of(self._table, self._take_awaited()):
                self._verdicts.send_again(request, now)
            self._oldest = now
            self._send_again(now)

    def _send_again(self, now: float) -> None:
        while self._streams.has_room(is_full_request=True) and self._verdicts.has_due(now):
            request = self._verdicts.due(now)
            if request is not None:
                self._streams.send(request, now)

    def _take_awaited(self) -> list[Append]:
        appends = self._queue.take(FULL_ROWS, FULL_BYTES)
        for append in appends:
            if append.withdrawn:
                append.fail(AppendError("withdrawn"))
        return [append for append in appends if append.is_awaited]

    def _is_time_for_a_request(self, now: float) -> bool:
        full = self._is_full()
        if not self._queue or not self._streams.has_room(is_full_request=full):
            return False
        return full or now - self._oldest >= self._linger

    def _is_full(self) -> bool:
        return self._queue.rows >= FULL_ROWS or self._queue.bytes >= FULL_BYTES

    def _end(self) -> None:
        self._ended = True

    def _error(self, reason: str) -> AppendError:
        return AppendError(f"{self._table.write_stream}: {reason}")

    def _fail_all(self, error: AppendError) -> None:
        self._streams.close()
        self._verdicts.forget()
        self._queue = FairQueue()
        for append in list(self._unsettled):
            append.fail(error)
