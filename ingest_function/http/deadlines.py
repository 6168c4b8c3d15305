"""One time-out for many waits: a timer in all, instead of one for each."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Value = TypeVar("Value")


class _Wait:
    __slots__ = ("deadline", "is_over", "task")

    def __init__(self, deadline: float, task: "asyncio.Task[object] | None") -> None:
        self.deadline = deadline
        self.task = task
        self.is_over = False


class Deadlines:
    """Ends each wait `seconds` after it began; belongs to one event loop.

    All waits last equally long, so the first to begin is the first to end.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waits: dict[_Wait, None] = {}  # by age
        self._timer: asyncio.TimerHandle | None = None

    async def limit(self, awaitable: Awaitable[Value]) -> Value:
        """What `awaitable` gives, if it does in time.

        Raises:
            TimeoutError: it did not, and was cancelled.
        """
        loop = asyncio.get_running_loop()
        wait = _Wait(loop.time() + self._seconds, asyncio.current_task())
        self._waits[wait] = None
        if self._timer is None:
            self._timer = loop.call_at(wait.deadline, self._end_waits)
        try:
            return await awaitable
        except asyncio.CancelledError:
            if wait.is_over and wait.task is not None and wait.task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._waits.pop(wait, None)

    def _end_waits(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        for wait in list(self._waits):
            if wait.deadline > loop.time():
                self._timer = loop.call_at(wait.deadline, self._end_waits)
                return
            wait.is_over = True
            del self._waits[wait]
            if wait.task is not None:
                wait.task.cancel()
