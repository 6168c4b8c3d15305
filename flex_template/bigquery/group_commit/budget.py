"""How many bytes of rows and messages a process holds until BigQuery has answered."""

import threading
from collections import deque

# A third of a worker of 4 GB, counting the copies on the way through Arrow and gRPC.
MAX_BYTES = 300_000_000


class ByteBudget:
    """Whoever comes first is let in first, and more than the whole budget only when alone."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._limit = limit
        self._held = 0
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def held(self) -> int:
        return self._held

    def acquire(self, size: int) -> None:
        """Wait until there is room."""
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            self._changed.wait_for(lambda: self._waiting[0] is turn and self._has_room(size))
            self._waiting.popleft()
            self._held += size
            self._changed.notify_all()

    def release(self, size: int) -> None:
        with self._changed:
            self._held -= size
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        return self._held == 0 or self._held + size <= self._limit


PROCESS_BUDGET = ByteBudget()
