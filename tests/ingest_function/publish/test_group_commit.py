"""How groups share calls; `call` stands for Pub/Sub and records what it was given."""

import asyncio
from collections.abc import Sequence

import grpc
import pytest
from google.pubsub_v1.types import PublishRequest
from hypothesis import given
from hypothesis import strategies as st

from ingest_function.publish import groups
from ingest_function.publish import publisher as publisher_module
from ingest_function.publish.groups import Group, GroupQueue, QueueFull
from ingest_function.publish.publisher import Publisher, PublishFailed

Request = PublishRequest.pb()


class RecordingCall:
    """Acknowledges each batch when it is released, with ids made of the data."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.release = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self, encoded: bytes, deadline: float) -> list[str]:  # noqa: ARG002
        batch = [message.data.decode() for message in Request.FromString(encoded).messages]
        self.batches.append(batch)
        release = self.release
        await release.wait()
        if self.error:
            raise self.error
        return [f"id-{name}" for name in batch]


@pytest.fixture
def one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_module, "MAX_CALLS", 1)


async def publish(publisher: Publisher, *names: str) -> Sequence[str]:
    messages = [{"data": name.encode()} for name in names]
    return await publisher.publish(Request(messages=messages).SerializeToString(), len(names), "")


async def start(publisher: Publisher, *names: str) -> "asyncio.Task[Sequence[str]]":
    """Queue one group, and let the publisher act on it."""
    task = asyncio.create_task(publish(publisher, *names))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


@pytest.mark.usefixtures("one_call")
def test_groups_that_arrive_during_a_call_share_the_next_one() -> None:
    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=30)
        tasks = [await start(publisher, name) for name in "abc"]
        call.release.set()
        assert await asyncio.gather(*tasks) == [["id-a"], ["id-b"], ["id-c"]]
        assert call.batches == [["a"], ["b", "c"]]

    asyncio.run(scenario())


def test_a_group_gets_the_ids_of_its_own_messages_in_order() -> None:
    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=30)
        tasks = [await start(publisher, *names) for names in ("x", "ab", "c", "def")]
        call.release.set()
        answers = await asyncio.gather(*tasks)
        assert answers == [["id-x"], ["id-a", "id-b"], ["id-c"], ["id-d", "id-e", "id-f"]]

    asyncio.run(scenario())


def test_a_failed_call_fails_each_of_its_groups_and_no_other() -> None:
    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=30)
        failing = await start(publisher, "a")
        call.error = grpc.aio.AioRpcError(
            grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), grpc.aio.Metadata()
        )
        call.release.set()
        with pytest.raises(PublishFailed) as raised:
            await failing
        assert raised.value.code is grpc.StatusCode.NOT_FOUND
        call.error = None
        assert await publish(publisher, "b") == ["id-b"]

    asyncio.run(scenario())


@pytest.mark.usefixtures("one_call")
def test_a_group_past_its_deadline_leaves_the_queue_unsent() -> None:
    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=0.05)
        tasks = [await start(publisher, name) for name in "ab"]
        for task in tasks:
            with pytest.raises(TimeoutError):
                await task
        call.release.set()
        await publisher.close()
        assert call.batches == [["a"]]

    asyncio.run(scenario())


def test_a_call_that_breaks_unexpectedly_fails_its_groups_and_not_the_next_ones() -> None:
    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=30)
        call.error = RuntimeError("a defect")
        call.release.set()
        with pytest.raises(RuntimeError, match="a defect"):
            await publish(publisher, "a")
        call.error = None
        assert await publish(publisher, "b") == ["id-b"]

    asyncio.run(scenario())


def test_too_few_ids_are_a_failure() -> None:
    async def scenario() -> None:
        async def call(encoded: bytes, deadline: float) -> list[str]:  # noqa: ARG001
            return ["id-1"]

        with pytest.raises(PublishFailed):
            await publish(Publisher(call, timeout=30), "a", "b")

    asyncio.run(scenario())


def test_a_call_that_hangs_holds_up_only_the_groups_in_it() -> None:
    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=30)
        hung = await start(publisher, "a")
        call.release = asyncio.Event()
        call.release.set()
        assert await publish(publisher, "b") == ["id-b"]
        assert not hung.done()
        hung.cancel()

    asyncio.run(scenario())


def test_at_most_eight_calls_are_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_module, "MIN_SPACING_SECONDS", 0)

    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=30)
        tasks = [await start(publisher, name) for name in "abcdefghijkl"]
        assert len(call.batches) == 8
        call.release.set()
        await asyncio.gather(*tasks)
        assert call.batches[8:] == [["i", "j", "k", "l"]]

    asyncio.run(scenario())


def test_one_client_cannot_fill_the_queue_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_HELD_BYTES", 1000)

    async def scenario() -> None:
        queue = GroupQueue()
        future = asyncio.get_running_loop().create_future()
        taken = Group(bytes(400), 1, "flooder", 0, future)
        queue.put(taken)
        with pytest.raises(QueueFull):
            queue.put(Group(bytes(200), 1, "flooder", 0, future))
        queue.put(Group(bytes(200), 1, "another", 0, future))
        queue.take_batch()
        queue.release(taken)
        queue.put(Group(bytes(200), 1, "flooder", 0, future))

    asyncio.run(scenario())


@pytest.mark.usefixtures("one_call")
def test_close_waits_for_everything_queued() -> None:
    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=30)
        tasks = [await start(publisher, name) for name in "abc"]
        draining = asyncio.create_task(publisher.close())
        call.release.set()
        await draining
        assert call.batches == [["a"], ["b", "c"]]
        await asyncio.gather(*tasks)

    asyncio.run(scenario())


@pytest.mark.usefixtures("one_call")
def test_a_full_queue_refuses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_HELD_MESSAGES", 3)

    async def scenario() -> None:
        call = RecordingCall()
        publisher = Publisher(call, timeout=30)
        tasks = [await start(publisher, name) for name in "abc"]
        with pytest.raises(QueueFull):
            await publish(publisher, "d")
        call.release.set()
        await asyncio.gather(*tasks)
        assert await publish(publisher, "e") == ["id-e"]

    asyncio.run(scenario())


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 1_200_000)), max_size=40))
def test_batches_keep_order_and_pubsubs_limits(sizes: list[tuple[int, int]]) -> None:
    async def scenario() -> None:
        queue = GroupQueue()
        put = []
        for count, size in sizes:
            group = Group(bytes(size), count, "", 0, asyncio.get_running_loop().create_future())
            try:
                queue.put(group)
            except QueueFull:
                break
            put.append(group)
        batches = []
        while batch := queue.take_batch():
            batches.append(batch)
        assert [group for batch in batches for group in batch] == put
        for batch in batches:
            assert sum(group.count for group in batch) <= 1000
            assert sum(len(group.encoded) for group in batch) < 10_000_000

    asyncio.run(scenario())
