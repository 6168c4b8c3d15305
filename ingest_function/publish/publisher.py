"""Group commit to Pub/Sub: concurrent requests share one `Publish` call."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import grpc

from ingest_function.publish.groups import Group, GroupQueue

PublishCall = Callable[[bytes, float], Awaitable[Sequence[str]]]


class PublishFailed(Exception):  # noqa: N818 - says what happened
    """Pub/Sub did not acknowledge; it may or may not hold the messages."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__(code.name)
        self.code = code


class Publisher:
    """Publishes each request's messages and answers when Pub/Sub acknowledged them.

    - While a call is in flight, groups queue; the next call takes as many as its limits allow.
    - A group is never split, so a request is acknowledged as a whole or not at all.
    - A full queue refuses at once.
    - A group past its deadline is given up: unsent it leaves the queue, sent its fate is unknown.
    - A call serves the whole batch until the deadline of its youngest group.
    """

    def __init__(self, call: PublishCall, timeout: float) -> None:
        self._call = call
        self._timeout = timeout
        self._queue = GroupQueue()
        self._sender: asyncio.Task[None] | None = None

    async def publish(self, encoded: bytes, count: int) -> Sequence[str]:
        """The ids that Pub/Sub gave to the `count` messages of `encode_messages`, in their order.

        Raises:
            QueueFull: nothing was sent.
            PublishFailed: with Pub/Sub's last status code.
            TimeoutError: no answer within the timeout.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        group = Group(encoded, count, deadline, loop.create_future())
        self._queue.put(group)
        if self._sender is None or self._sender.done():
            self._sender = loop.create_task(self._send())
        timer = loop.call_at(deadline, group.give_up)
        try:
            return await group.message_ids
        finally:
            timer.cancel()

    async def drain(self) -> None:
        """Wait until nothing is queued or in flight."""
        if self._sender is not None:
            await self._sender

    async def _send(self) -> None:
        while batch := self._queue.take_batch():
            await self._commit(batch)

    async def _commit(self, batch: list[Group]) -> None:
        encoded = b"".join([group.encoded for group in batch])
        try:
            ids = await self._call(encoded, batch[-1].deadline)
        except grpc.aio.AioRpcError as error:
            _fail(batch, error.code())
        else:
            _acknowledge(batch, ids)


def _acknowledge(batch: list[Group], ids: Sequence[str]) -> None:
    end = 0
    for group in batch:
        start, end = end, end + group.count
        if group.waits():
            group.message_ids.set_result(ids[start:end])


def _fail(batch: list[Group], code: grpc.StatusCode) -> None:
    for group in batch:
        if group.waits():
            group.message_ids.set_exception(PublishFailed(code))
