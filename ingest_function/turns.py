"""Turns on the event loop for work that holds everything else up."""

import asyncio
from types import TracebackType

# What takes less than this in one turn, as an honest batch of 500 events, needs no rest.
LONG_TURN_SECONDS = 0.010


class Turns:
    """One at a time, and after a long turn as much time again for all others.

    A small request needs the loop several times, for its bytes, for Pub/Sub and for its answer: if
    the next long turn followed at once, it would wait for one each time. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._began = 0.0

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        self._began = asyncio.get_running_loop().time()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        taken = loop.time() - self._began
        loop.call_later(taken if taken > LONG_TURN_SECONDS else 0, self._lock.release)
