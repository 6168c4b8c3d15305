"""The bounded queue between requests and `Publish` calls."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

# https://cloud.google.com/pubsub/quotas#resource_limits: 1,000 messages and 10 MB in one request.
MAX_BATCH_MESSAGES = 1000
MAX_BATCH_BYTES = 9_900_000  # leaves room for the name of the topic

MAX_QUEUED_MESSAGES = 10_000
MAX_QUEUED_BYTES = 64 * 1024 * 1024


class QueueFull(Exception):  # noqa: N818 - a state of the queue
    """Too much waits for Pub/Sub already."""


@dataclass(slots=True, eq=False)
class Group:
    """One request's messages: published in one call, so acknowledged all or none.

    `encoded` is what `encode_messages` made of `count` events; `deadline` is in seconds of the
    event loop's clock.
    """

    encoded: bytes
    count: int
    deadline: float
    message_ids: asyncio.Future[Sequence[str]]

    def waits(self) -> bool:
        return not self.message_ids.done()

    def give_up(self) -> None:
        if self.waits():
            self.message_ids.set_exception(TimeoutError())


class GroupQueue:
    """First in, first out; bounded in messages and bytes, so that an outage cannot fill memory."""

    def __init__(self) -> None:
        self._groups: deque[Group] = deque()
        self._messages = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._groups)

    def put(self, group: Group) -> None:
        """Append one group.

        Raises:
            QueueFull: with it the queue would pass a bound; it was not appended.
        """
        messages = self._messages + group.count
        size = self._bytes + len(group.encoded)
        if messages > MAX_QUEUED_MESSAGES or size > MAX_QUEUED_BYTES:
            raise QueueFull
        self._groups.append(group)
        self._messages, self._bytes = messages, size

    def take_batch(self) -> list[Group]:
        """Remove as many groups as one call may carry; those given up meanwhile are dropped."""
        batch: list[Group] = []
        messages = size = 0
        while self._groups:
            group = self._groups[0]
            messages += group.count
            size += len(group.encoded)
            if batch and (messages > MAX_BATCH_MESSAGES or size > MAX_BATCH_BYTES):
                break
            self._remove_first()
            if group.waits():
                batch.append(group)
        return batch

    def _remove_first(self) -> None:
        group = self._groups.popleft()
        self._messages -= group.count
        self._bytes -= len(group.encoded)
