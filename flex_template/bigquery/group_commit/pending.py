"""Rows that a bundle handed over, and the queue in which they wait for their request."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flex_template.bigquery.arrow import Rows
from flex_template.bigquery.group_commit.retry import AppendError


class Sent(NamedTuple):
    """One request that BigQuery answered, told to the bundle whose rows came first in it."""

    rows: int
    bytes: int
    seconds: float


class Append:
    """Some rows of one bundle on their way; the writer's thread settles each of them once.

    `size` is in bytes, of the rows and their sources together. `sources` has what each row was made
    from. It is let go as soon as BigQuery has answered, save for the rows that were refused.
    """

    def __init__(self, rows: Sequence[Rows], sources: Sequence[Any], size: int) -> None:
        self.rows = rows
        self.row_count = len(sources)
        self.size = size
        self.stored = 0
        self.refused: list[tuple[Any, str]] = []
        self.requests: list[Sent] = []
        self.retries = 0
        self.error: AppendError | None = None
        self.withdrawn = False
        self._sources = sources
        self._open_rows = self.row_count
        self._callbacks: list[Callable[[], object]] = []
        self._unsettled = threading.Lock()  # held until then; an `Event` costs several times that
        self._unsettled.acquire()

    @property
    def is_settled(self) -> bool:
        return self._open_rows == 0

    @property
    def is_awaited(self) -> bool:
        """Whether a bundle still waits for it."""
        return not self.withdrawn and not self.is_settled

    def wait(self) -> None:
        """Wait until every row is stored or refused.

        Raises:
            AppendError: BigQuery does not take them; some may be stored all the same.
        """
        with self._unsettled:
            pass
        if self.error is not None:
            raise self.error

    def when_settled(self, callback: Callable[[], object]) -> None:
        """Have `callback` called in the writer's thread, before `wait` returns."""
        self._callbacks.append(callback)

    def settle_stored(self, rows: int) -> None:
        """BigQuery holds this many of them."""
        if not self.is_settled:
            self.stored += rows
            self._close_rows(rows)

    def settle_refused(self, index: int, reason: str) -> None:
        """BigQuery will not take the row at `index`."""
        if not self.is_settled:
            self.refused.append((self._sources[index], reason))
            self._close_rows(1)

    def fail(self, error: AppendError) -> None:
        """Give up all rows that are not settled."""
        if not self.is_settled:
            self.error = error
            self._close_rows(self._open_rows)

    def _close_rows(self, rows: int) -> None:
        self._open_rows -= rows
        if self._open_rows == 0:
            self._sources = ()
            self.rows = ()
            for callback in self._callbacks:
                callback()
            self._unsettled.release()


class FairQueue:
    """Appends by bundle, taken from each bundle in turn: a large one does not hold up the small."""

    def __init__(self) -> None:
        self._waiting: dict[object, deque[Append]] = {}
        self.rows = 0
        self.bytes = 0

    def put(self, bundle: object, append: Append) -> None:
        self._waiting.setdefault(bundle, deque()).append(append)
        self.rows += append.row_count
        self.bytes += append.size

    def take(self, max_rows: int, max_bytes: int) -> list[Append]:
        """Appends for one request: one at least, and no more than these bounds allow together."""
        taken: list[Append] = []
        rows = size = 0
        while self._waiting:
            bundle, appends = next(iter(self._waiting.items()))
            rows += appends[0].row_count
            size += appends[0].size
            if taken and (rows > max_rows or size > max_bytes):
                break
            taken.append(self._pop(bundle))
        return taken

    def _pop(self, bundle: object) -> Append:
        appends = self._waiting.pop(bundle)
        append = appends.popleft()
        if appends:
            self._waiting[bundle] = appends  # at the end: the others are next
        self.rows -= append.row_count
        self.bytes -= append.size
        return append

    def __bool__(self) -> bool:
        return bool(self._waiting)
