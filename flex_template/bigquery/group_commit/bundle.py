"""A bundle's rows in a shared writer: handed over, awaited, or withdrawn."""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from flex_template.bigquery.arrow import Rows
from flex_template.bigquery.group_commit.budget import PROCESS_BUDGET
from flex_template.bigquery.group_commit.pending import Append
from flex_template.bigquery.group_commit.writer import TableWriter


class BundleWriter:
    """The rows of one bundle at a time; for one thread, unlike the writer behind it."""

    def __init__(self, writer: TableWriter) -> None:
        self._writer = writer
        self._appends: deque[Append] = deque()

    def append(self, rows: Sequence[Rows], sources: Sequence[Any], size: int) -> None:
        """Hand over rows and what each was made from, `size` bytes; waits while memory is full."""
        append = Append(rows, sources, size)
        PROCESS_BUDGET.acquire(size)
        append.when_settled(partial(PROCESS_BUDGET.release, size))
        self._appends.append(append)
        self._writer.append(self, append)

    def settled(self) -> Iterator[Append]:
        """The appends that are answered by now, without waiting for others.

        Raises:
            AppendError: BigQuery does not take some rows.
        """
        while self._appends and self._appends[0].is_settled:
            yield self._wait_for_first()

    def wait(self) -> Iterator[Append]:
        """All appends, each once BigQuery has answered.

        Raises:
            AppendError: BigQuery does not take some rows; the others are withdrawn.
        """
        while self._appends:
            yield self._wait_for_first()

    def withdraw(self) -> None:
        """Give up what is not answered: nobody waits for it any more."""
        for append in self._appends:
            append.withdrawn = True
        self._appends.clear()

    def _wait_for_first(self) -> Append:
        append = self._appends.popleft()
        try:
            append.wait()
        except BaseException:
            self.withdraw()
            raise
        return append
