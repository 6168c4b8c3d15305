"""What arrived: events that were accepted, and what was refused with the reasons."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["events", "refused"]

# The oldest go first: a server that is left running must not fill memory.
MAX_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One element of a request, as `/micro/events` and `/micro/refused` show it."""

    test_id: str
    content: dict[str, Any]


class Received:
    """Everything since the last reset; belongs to one event loop."""

    def __init__(self) -> None:
        self._entries: dict[Outcome, deque[Entry]] = {
            "events": deque(maxlen=MAX_KEPT),
            "refused": deque(maxlen=MAX_KEPT),
        }
        self._changed = asyncio.Condition()

    async def add(self, outcome: Outcome, entries: Sequence[Entry]) -> None:
        async with self._changed:
            self._entries[outcome].extend(entries)
            self._changed.notify_all()

    async def reset(self, test_id: str | None) -> None:
        """Forget what was sent under `test_id`, or everything."""
        async with self._changed:
            for entries in self._entries.values():
                kept = [entry for entry in entries if test_id not in (None, entry.test_id)]
                entries.clear()
                entries.extend(kept)

    def find(self, outcome: Outcome, test_id: str | None) -> list[dict[str, Any]]:
        """In order of arrival."""
        entries = self._entries[outcome]
        return [entry.content for entry in entries if test_id in (None, entry.test_id)]

    async def wait(
        self, outcome: Outcome, test_id: str | None, count: int, seconds: float
    ) -> list[dict[str, Any]]:
        """As soon as there are `count`; whatever there is after `seconds`."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: len(self.find(outcome, test_id)) >= count)
        except TimeoutError:
            pass
        return self.find(outcome, test_id)
