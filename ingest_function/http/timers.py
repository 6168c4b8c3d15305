"""One timer of the event loop for many waits that all last equally long."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")


class Timers(Generic[Key]):
    """Calls `expire` with a key `seconds` after it was started, unless it was stopped before.

    The first to be started is the first to expire. Belongs to one event loop.
    """

    def __init__(self, seconds: float, expire: Callable[[Key], object]) -> None:
        self._seconds = seconds
        self._expire = expire
        self._loop = asyncio.get_running_loop()
        self._ends: dict[Key, float] = {}  # by age
        self._timer: asyncio.TimerHandle | None = None

    def __contains__(self, key: Key) -> bool:
        return key in self._ends

    @property
    def oldest(self) -> Key | None:
        """The key whose wait ends first."""
        return next(iter(self._ends), None)

    def start(self, key: Key) -> None:
        """Begin a wait; `key` has none yet."""
        self._ends[key] = end = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_at(end, self._expire_all)

    def stop(self, key: Key) -> None:
        self._ends.pop(key, None)

    def _expire_all(self) -> None:
        self._timer = None
        for key, end in list(self._ends.items()):
            if end > self._loop.time():
                self._timer = self._loop.call_at(end, self._expire_all)
                return
            del self._ends[key]
            self._expire(key)
