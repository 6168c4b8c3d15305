"""Group commit to Pub/Sub: concurrent requests share `Publish` calls."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import grpc

from ingest_function.http.timers import Timers
from ingest_function.publish.groups import Group, GroupQueue

PublishCall = Callable[[bytes, float], Awaitable[Sequence[str]]]

# https://cloud.google.com/pubsub/docs/retry-requests
RETRYABLE = frozenset(
    {
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.UNKNOWN,
    }
)
# Pub/Sub answers in about 30 ms, during which eight calls start at the spacing below.
MAX_CALLS = 8
# Calls start at least this far apart, so that a quick Pub/Sub is asked seldom, with more at once.
MIN_SPACING_SECONDS = 0.004
_SMOOTHING = 0.1


class PublishFailed(Exception):  # noqa: N818 - says what happened
    """Pub/Sub did not acknowledge; it may or may not hold the messages."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__(code.name)
        self.code = code


class EventPublisher(Protocol):
    """Where the edge's events go: Pub/Sub, or another store that holds them for good."""

    async def publish(self, encoded: bytes, count: int, owner: str) -> Sequence[str]:
        """The ids of the `count` messages of `encode_messages`, once they are stored.

        Raises:
            QueueFull: nothing was sent.
            PublishFailed: with the last status code.
            TimeoutError: no answer within the timeout.
        """

    async def close(self) -> None:
        """Finish what is on its way."""


class Publisher:
    """Publishes each request's messages and answers when Pub/Sub acknowledged them.

    - The first call starts at once. While calls are in flight, groups queue; the next call takes
      as many as its limits allow.
    - At most `MAX_CALLS` are in flight, spaced evenly over the time that Pub/Sub takes to answer:
      one call that hangs holds up only the requests in it.
    - A group is never split, so a request is acknowledged as a whole or not at all.
    - A full queue refuses at once.
    - A group past its deadline is given up: unsent it leaves the queue, sent its fate is unknown.
    - A call serves the whole batch until the deadline of its youngest group.
    """

    def __init__(self, call: PublishCall, timeout: float) -> None:
        self._call = call
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._patience: Timers[asyncio.Future[Sequence[str]]] = Timers(timeout, _give_up)
        self._queue = GroupQueue()
        self._calls: set[asyncio.Task[None]] = set()
        self._spacing = MIN_SPACING_SECONDS
        self._next_start = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def publish(self, encoded: bytes, count: int, owner: str) -> Sequence[str]:
        message_ids: asyncio.Future[Sequence[str]] = self._loop.create_future()
        deadline = self._loop.time() + self._timeout
        self._queue.put(Group(encoded, count, owner, deadline, message_ids))
        self._start_calls()
        self._patience.start(message_ids)
        try:
            return await message_ids
        finally:
            self._patience.stop(message_ids)

    async def close(self) -> None:
        """Wait until nothing is queued or in flight."""
        while self._calls:
            await asyncio.wait(self._calls)

    def _start_calls(self) -> None:
        loop = self._loop
        while self._queue and len(self._calls) < MAX_CALLS:
            if self._calls and not self._queue.fills_a_batch and loop.time() < self._next_start:
                if self._timer is None:
                    self._timer = loop.call_at(self._next_start, self._on_timer)
                return
            if batch := self._queue.take_batch():
                self._next_start = loop.time() + self._spacing
                self._calls.add(loop.create_task(self._commit(batch)))

    def _on_timer(self) -> None:
        self._timer = None
        self._start_calls()

    async def _commit(self, batch: list[Group]) -> None:
        started = self._loop.time()
        encoded = b"".join([group.encoded for group in batch])
        try:
            ids = await self._call(encoded, batch[-1].deadline)
        except grpc.aio.AioRpcError as error:
            _fail(batch, PublishFailed(error.code()))
        except Exception as error:  # noqa: BLE001 - the border: every request gets its answer
            _fail(batch, error)
        else:
            self._acknowledge(batch, ids)
            self._learn(self._loop.time() - started)
        finally:
            for group in batch:
                self._queue.release(group)
            task = asyncio.current_task()
            assert task is not None
            self._calls.discard(task)
            self._start_calls()

    def _learn(self, seconds: float) -> None:
        """Follow the time that Pub/Sub takes; one slow answer moves it by a tenth."""
        wanted = max(MIN_SPACING_SECONDS, min(seconds, self._timeout) / MAX_CALLS)
        self._spacing += _SMOOTHING * (wanted - self._spacing)

    def _acknowledge(self, batch: list[Group], ids: Sequence[str]) -> None:
        if len(ids) != sum(group.count for group in batch):
            _fail(batch, PublishFailed(grpc.StatusCode.INTERNAL))
            return
        end = 0
        for group in batch:
            start, end = end, end + group.count
            if group.waits():
                group.message_ids.set_result(ids[start:end])


def _give_up(message_ids: asyncio.Future[Sequence[str]]) -> None:
    if not message_ids.done():
        message_ids.set_exception(TimeoutError())


def _fail(batch: list[Group], error: Exception) -> None:
    for group in batch:
        if group.waits():
            group.message_ids.set_exception(error)
