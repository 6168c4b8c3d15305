"""Whatever Pub/Sub does, what was pulled stays on lease until it is acknowledged."""

import time
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from flex_template.one_machine import leases, puller
from flex_template.one_machine.measurements import age
from flex_template.one_machine.puller import Puller
from flex_template.one_machine.subscription import Subscription, connect, to_repeat
from local.names import SUBSCRIPTION, TOPIC
from local.pubsub.messages import PubsubMessage, ReceivedMessage
from tests.flex_template.one_machine.queue import ACK_SECONDS, Queue, wait_for


@pytest.fixture
def reader(pubsub: Queue, monkeypatch: pytest.MonkeyPatch) -> Iterator[Puller]:
    assert pubsub.backlog == 0
    monkeypatch.setattr(puller, "EXTEND_EVERY_SECONDS", 0.05)
    reader = Puller(Subscription(SUBSCRIPTION, connect()))
    yield reader
    reader.close()


def take_one(reader: Puller) -> leases.Pulled:
    (pulled,) = reader.take(1, seconds=30)
    return pulled


def test_what_is_acknowledged_never_comes_again(pubsub: Queue, reader: Puller) -> None:
    pubsub.publish(b"one")
    reader.acknowledge([take_one(reader)])
    wait_for(lambda: pubsub.backlog == 0)
    wait_for(lambda: reader.held().messages == 0)
    assert reader.acknowledged_at is not None


def test_what_is_not_acknowledged_is_handed_back_at_once(pubsub: Queue, reader: Puller) -> None:
    pubsub.publish(b"taken")
    take_one(reader)
    pubsub.publish(b"waiting")
    wait_for(lambda: reader.held().waiting == 1)
    reader.close()
    started = time.monotonic()
    again = pubsub.subscriber.pull(subscription=SUBSCRIPTION, max_messages=2)
    assert {each.message.data for each in again.received_messages} == {b"taken", b"waiting"}
    assert time.monotonic() - started < ACK_SECONDS / 2


def test_a_bundle_may_take_longer_than_the_ack_deadline(
    pubsub: Queue, reader: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is extended when it is due: here as if its ten seconds were nearly over."""
    pubsub.publish(b"slow")
    pulled = take_one(reader)
    backlog = pubsub.server.state._backlogs[SUBSCRIPTION]
    before = {ack_id: lease.expires for ack_id, lease in backlog._leases.items()}
    monkeypatch.setattr(pulled, "expires", time.monotonic())
    wait_for(lambda: all(lease.expires > before[key] for key, lease in backlog._leases.items()))
    (lease,) = backlog._leases.values()
    assert lease.expires - time.monotonic() > leases.LEASE_SECONDS - 5


@pytest.mark.parametrize("years", [-50, 50])
def test_a_wall_clock_that_jumps_ends_no_lease(monkeypatch: pytest.MonkeyPatch, years: int) -> None:
    held = leases.Leases()
    message = PubsubMessage(publish_time=Timestamp(seconds=int(time.time())))
    held.add([ReceivedMessage(ack_id="1", message=message)], size=1)
    later = time.time() + years * 365 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert held.extend_expiring(within=leases.FIRST_SECONDS / 2) == []
    assert (age(held.held().published) or 0) >= 0


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_a_failed_acknowledgement_is_sent_again(
    pubsub: Queue, reader: Puller, code: grpc.StatusCode
) -> None:
    pubsub.publish(b"one")
    pulled = take_one(reader)
    pubsub.server.faults.fail("Acknowledge", code, times=2)
    reader.acknowledge([pulled])
    wait_for(lambda: pubsub.backlog == 0)


@pytest.mark.parametrize("code", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE])
def test_a_subscription_that_cannot_be_read_is_tried_again(
    pubsub: Queue, reader: Puller, code: grpc.StatusCode
) -> None:
    pubsub.server.faults.fail("Pull", code, times=1_000)
    pubsub.publish(b"for the pull that waits")
    pubsub.publish(b"for the other one")
    wait_for(lambda: reader.problem == f"{code.name}: injected before the call took effect")
    pubsub.server.faults.clear()
    pubsub.publish(b"for one that was refused")
    wait_for(lambda: reader.held().messages == 3)
    assert reader.problem is None


def test_a_subscription_deleted_and_made_again_is_read_again(
    pubsub: Queue, reader: Puller, caplog: pytest.LogCaptureFixture
) -> None:
    pubsub.subscriber.delete_subscription(subscription=SUBSCRIPTION)
    wait_for(lambda: (reader.problem or "").startswith("NOT_FOUND: "))
    pubsub.subscriber.create_subscription(name=SUBSCRIPTION, topic=TOPIC)
    pubsub.publish(b"one")
    assert take_one(reader).messages[0].message.data == b"one"
    warnings = [text for text in caplog.messages if "cannot read" in text]
    assert len(warnings) == 1
    assert SUBSCRIPTION in warnings[0]


def test_a_pubsub_that_was_away_is_read_again(pubsub: Queue, reader: Puller) -> None:
    pubsub.server.stop()
    wait_for(lambda: reader.problem)
    pubsub.server.restart()
    pubsub.server.state.publish(TOPIC, [PubsubMessage(data=b"one")])
    assert take_one(reader).messages[0].message.data == b"one"


def test_no_more_is_pulled_than_may_be_on_lease(
    pubsub: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "MAX_MESSAGES", 1_000)
    for _ in range(5):
        pubsub.publish(*[b"x"] * 1_000)
    reader = Puller(Subscription(SUBSCRIPTION, connect()))
    try:
        wait_for(lambda: reader.held().messages >= 1_000)
        assert reader.held().messages <= 1_000 + puller.PULLS * 1_000
        taken = reader.take(10_000, 1)
        reader.acknowledge(taken)
        wait_for(lambda: pubsub.backlog <= 5_000 - 1_000)
    finally:
        reader.close()
    assert reader.held().messages == 0


def test_exactly_once_delivery_tells_which_acknowledgements_to_repeat() -> None:
    """https://cloud.google.com/pubsub/docs/exactly-once-delivery."""
    error = _Refused(
        {
            "a": "TRANSIENT_FAILURE_UNORDERED_ACK_ID",
            "b": "PERMANENT_FAILURE_INVALID_ACK_ID",
        }
    )
    assert to_repeat(error, ["a", "b", "c"]) == ["a"]


class _Refused(grpc.RpcError):
    """An error with the details that the service sends."""

    def __init__(self, fates: dict[str, str]) -> None:
        detail = AnyMessage()
        detail.Pack(ErrorInfo(metadata=fates))
        self._status = Status(code=9, message="some failed", details=[detail])

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.FAILED_PRECONDITION

    def details(self) -> str:
        return "some failed"

    def trailing_metadata(self) -> list[tuple[str, bytes]]:
        return [("grpc-status-details-bin", self._status.SerializeToString())]
