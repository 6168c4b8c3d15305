"""A time-out for many waits, without a timer for each."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from ingest_function.http.timers import Timers

Value = TypeVar("Value")
Task = asyncio.Task[object]


class Deadlines:
    """Ends each wait `seconds` after it began; belongs to one event loop.

    A task has one wait at a time.
    """

    def __init__(self, seconds: float) -> None:
        self._timers: Timers[Task] = Timers(seconds, Task.cancel)

    async def limit(self, awaitable: Awaitable[Value]) -> Value:
        """What `awaitable` gives, if it does in time.

        Raises:
            TimeoutError: it did not, and was cancelled.
        """
        task = asyncio.current_task()
        assert task is not None
        self._timers.start(task)
        try:
            return await awaitable
        except asyncio.CancelledError:
            if task not in self._timers and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._timers.stop(task)
