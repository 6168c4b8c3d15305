"""One time-out for many waits: a timer in all, instead of one for each."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Value = TypeVar("Value")


class Deadlines:
    """Ends each wait `seconds` after it began; belongs to one event loop.

    All waits last equally long, so the first to begin is the first to end. A task has one at a
    time.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadlines: dict[asyncio.Task[object] | None, float] = {}  # by age
        self._timer: asyncio.TimerHandle | None = None

    async def limit(self, awaitable: Awaitable[Value]) -> Value:
        """What `awaitable` gives, if it does in time.

        Raises:
            TimeoutError: it did not, and was cancelled.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        self._deadlines[task] = deadline = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._end_waits, loop)
        try:
            return await awaitable
        except asyncio.CancelledError:
            is_over = task not in self._deadlines
            if is_over and task is not None and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._deadlines.pop(task, None)

    def _end_waits(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        for task, deadline in list(self._deadlines.items()):
            if deadline > loop.time():
                self._timer = loop.call_at(deadline, self._end_waits, loop)
                return
            del self._deadlines[task]
            if task is not None:
                task.cancel()
