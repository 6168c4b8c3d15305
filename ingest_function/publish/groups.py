"""The bounded queue between requests and `Publish` calls."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

# https://cloud.google.com/pubsub/quotas#resource_limits: 1,000 messages and 10 MB in one request.
MAX_BATCH_MESSAGES = 1000
MAX_BATCH_BYTES = 9_900_000  # leaves room for the name of the topic

# Held until Pub/Sub has answered, in a call or in front of one.
MAX_HELD_MESSAGES = 20_000
MAX_HELD_BYTES = 64 * 1024 * 1024
# A named client may hold this part: one that floods leaves room for the others.
MAX_SHARE = 0.5


class QueueFull(Exception):  # noqa: N818 - a state of the queue
    """Too much waits for Pub/Sub already."""


@dataclass(slots=True, eq=False)
class Group:
    """One request's messages: published in one call, so acknowledged all or none.

    `encoded` is what `encode_messages` made of `count` events; `owner` is the client's name, and
    `deadline` is in seconds of the event loop's clock.
    """

    encoded: bytes
    count: int
    owner: str
    deadline: float
    message_ids: asyncio.Future[Sequence[str]]

    def waits(self) -> bool:
        return not self.message_ids.done()


class GroupQueue:
    """First in, first out; what it holds is bounded until it is released after the call."""

    def __init__(self) -> None:
        self._groups: deque[Group] = deque()
        self._messages = 0
        self._bytes = 0
        self._bytes_of: Counter[str] = Counter()
        self._waiting_messages = 0

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def fills_a_batch(self) -> bool:
        return self._waiting_messages >= MAX_BATCH_MESSAGES

    def put(self, group: Group) -> None:
        """Append one group.

        Raises:
            QueueFull: with it the queue would pass a bound; it was not appended.
        """
        size = len(group.encoded)
        if (
            self._messages + group.count > MAX_HELD_MESSAGES
            or self._bytes + size > MAX_HELD_BYTES
            or (group.owner and self._bytes_of[group.owner] + size > MAX_SHARE * MAX_HELD_BYTES)
        ):
            raise QueueFull
        self._groups.append(group)
        self._waiting_messages += group.count
        self._hold(group.owner, group.count, size)

    def take_batch(self) -> list[Group]:
        """Remove as many groups as one call may carry; those given up meanwhile are released."""
        batch: list[Group] = []
        messages = size = 0
        while self._groups:
            group = self._groups[0]
            messages += group.count
            size += len(group.encoded)
            if batch and (messages > MAX_BATCH_MESSAGES or size > MAX_BATCH_BYTES):
                break
            self._groups.popleft()
            self._waiting_messages -= group.count
            if group.waits():
                batch.append(group)
            else:
                self.release(group)
        return batch

    def release(self, group: Group) -> None:
        """Count a group that was taken no longer: its call has ended."""
        self._hold(group.owner, -group.count, -len(group.encoded))

    def _hold(self, owner: str, messages: int, size: int) -> None:
        self._messages += messages
        self._bytes += size
        if owner:
            self._bytes_of[owner] += size
            if not self._bytes_of[owner]:
                del self._bytes_of[owner]
