"""What has been pulled and is not acknowledged yet, response by response."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

# The largest bundle twice (pace.py): one is at work, the next is here. Of large messages, less.
MAX_MESSAGES = 20_000
MAX_BYTES = 100_000_000
# https://cloud.google.com/pubsub/docs/lease-management: a subscription's own deadline is 10 s or
# more. A killed process's messages come back when their lease ends, so leases are kept short.
FIRST_SECONDS = 10
LEASE_SECONDS = 30


@dataclass(eq=False)
class Pulled:
    """The messages of one pull, which are on lease until `expires` by the monotonic clock.

    `taken_at`, by the same clock, is when a bundle took them.
    """

    messages: Sequence[Any]
    size: int
    expires: float
    taken_at: float | None = None

    @property
    def ack_ids(self) -> list[str]:
        return [message.ack_id for message in self.messages]

    @property
    def published(self) -> float:
        """When the first of them was published, in seconds of the epoch."""
        return self.messages[0].message.publish_time.ToMicroseconds() / 1e6  # type: ignore[no-any-return]


class Held(NamedTuple):
    """What one process has on lease, and how much of that no bundle has taken yet.

    `published` is the oldest message's time; `open_seconds` says for how long the oldest bundle is
    open, from its beginning to its acknowledgement.
    """

    messages: int = 0
    waiting: int = 0
    published: float | None = None
    open_seconds: float = 0.0


class Leases:
    """Thread-safe; `room` keeps within `MAX_MESSAGES` and `MAX_BYTES`, give or take one pull."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Pulled] = deque()
        self._held: dict[Pulled, None] = {}
        self._messages = self._bytes = 0
        self._closed = False

    def wait_for_room(self) -> bool:
        """Wait until more may be pulled; False once nothing may any more."""
        with self._changed:
            self._changed.wait_for(self._has_room_or_closed)
            return not self._closed

    def _has_room_or_closed(self) -> bool:
        return self._closed or (self._messages < MAX_MESSAGES and self._bytes < MAX_BYTES)

    def add(self, messages: Sequence[Any], size: int) -> None:
        """Take in one pull's messages."""
        pulled = Pulled(messages, size, time.monotonic() + FIRST_SECONDS)
        with self._changed:
            self._held[pulled] = None
            self._waiting.append(pulled)
            self._messages += len(messages)
            self._bytes += size
            self._changed.notify_all()

    def take(self, count: int, seconds: float) -> list[Pulled]:
        """What is waiting, up to about `count` messages; waits up to `seconds` for the first."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, seconds)
            taken: list[Pulled] = []
            while self._waiting and count > 0 and not self._closed:
                taken.append(self._waiting.popleft())
                taken[-1].taken_at = time.monotonic()
                count -= len(taken[-1].messages)
            return taken

    def release(self, pulled: Iterable[Pulled]) -> None:
        """Forget what is acknowledged."""
        with self._changed:
            for each in pulled:
                if each in self._held:
                    del self._held[each]
                    self._messages -= len(each.messages)
                    self._bytes -= each.size
            self._changed.notify_all()

    def extend_expiring(self, within: float) -> list[Pulled]:
        """What expires in the next `within` seconds, marked as extended by `LEASE_SECONDS`."""
        now = time.monotonic()
        with self._changed:
            due = [each for each in self._held if each.expires <= now + within]
            for each in due:
                each.expires = now + LEASE_SECONDS
        return due

    def close(self) -> None:
        """Give out nothing more; `take` and `wait_for_room` return at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take_waiting(self) -> list[Pulled]:
        """All that no bundle has taken."""
        with self._changed:
            waiting = list(self._waiting)
            self._waiting.clear()
            return waiting

    def take_all(self) -> list[Pulled]:
        """All that is on lease."""
        with self._changed:
            self._waiting.clear()
            return list(self._held)

    def held(self) -> Held:
        with self._changed:
            waiting = sum(len(each.messages) for each in self._waiting)
            oldest = next(iter(self._held), None)
            if oldest is None:
                return Held()
            now = time.monotonic()
            open_seconds = now - (oldest.taken_at or now)
            return Held(self._messages, waiting, oldest.published, open_seconds)
