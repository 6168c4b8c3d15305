"""What only our server does: faults on order, restarts, and limits that Google's emulator lacks."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud.pubsub_v1 import SubscriberClient  # type: ignore[import-untyped]

from local.pubsub import clients as pubsub_clients
from local.pubsub.server import PubSubServer
from tests.local.pubsub.clients import Clients, pull


@pytest.fixture
def clients(pubsub_server: PubSubServer) -> Iterator[Clients]:
    with pubsub_clients.connect(pubsub_server.host) as channel:
        clients = Clients(
            pubsub_clients.publisher(channel),
            pubsub_clients.subscriber(channel),
            "projects/aegis-local/topics/events",
            "projects/aegis-local/subscriptions/events-pipeline",
        )
        clients.create()
        yield clients


def publish(clients: Clients, data: bytes = b"x", **attributes: str) -> None:
    message = {"data": data, "attributes": attributes}
    clients.publisher.publish(topic=clients.topic, messages=[message], retry=None, timeout=30)


def waiting(server: PubSubServer) -> list[bytes]:
    """What a pull gets that does not wait."""
    messages = server.state.pull(
        "projects/aegis-local/subscriptions/events-pipeline", 10, lambda: False
    )
    return [received.message.data for received in messages]


def test_the_ordered_number_of_calls_fails(clients: Clients, pubsub_server: PubSubServer) -> None:
    pubsub_server.faults.fail("Publish", grpc.StatusCode.PERMISSION_DENIED, times=2)

    for _ in range(2):
        with pytest.raises(exceptions.PermissionDenied):
            publish(clients, b"refused")
    publish(clients, b"accepted")

    assert waiting(pubsub_server) == [b"accepted"]


def test_a_lost_answer_leaves_the_message_stored(
    clients: Clients, pubsub_server: PubSubServer
) -> None:
    pubsub_server.faults.fail("Publish", grpc.StatusCode.UNAVAILABLE, applied=True)

    with pytest.raises(exceptions.ServiceUnavailable):
        publish(clients)

    assert waiting(pubsub_server) == [b"x"]


def test_a_delay_holds_back_every_call(clients: Clients, pubsub_server: PubSubServer) -> None:
    pubsub_server.faults.delay("Publish", 0.2)
    start = time.monotonic()
    publish(clients)

    assert time.monotonic() - start >= 0.2


def test_cleared_faults_do_not_happen(clients: Clients, pubsub_server: PubSubServer) -> None:
    pubsub_server.faults.fail("Publish", grpc.StatusCode.UNAVAILABLE, times=100)
    pubsub_server.faults.clear()
    publish(clients)

    assert waiting(pubsub_server) == [b"x"]


def test_a_stop_cuts_the_call_in_flight(clients: Clients, pubsub_server: PubSubServer) -> None:
    pubsub_server.faults.delay("Publish", 1)
    threading.Timer(0.2, pubsub_server.stop).start()

    with pytest.raises(exceptions.GoogleAPICallError):
        publish(clients)


@pytest.mark.parametrize(("keep_state", "found"), [(True, [b"x"]), (False, [])])
def test_a_restart_on_the_same_port_keeps_state_when_asked(
    clients: Clients, pubsub_server: PubSubServer, *, keep_state: bool, found: list[bytes]
) -> None:
    publish(clients)
    port = pubsub_server.port
    pubsub_server.restart(keep_state=keep_state)
    if not keep_state:
        clients.create()

    assert pubsub_server.port == port
    assert waiting(pubsub_server) == found


def test_two_servers_never_share_a_port(pubsub_server: PubSubServer) -> None:
    with pytest.raises(RuntimeError), PubSubServer(pubsub_server.port):
        pass


def test_a_message_on_lease_is_not_delivered_again(
    clients: Clients, pubsub_server: PubSubServer
) -> None:
    publish(clients)
    pull(clients)

    assert waiting(pubsub_server) == []


def test_googles_streaming_subscriber_gets_and_acknowledges_messages(
    clients: Clients, pubsub_server: PubSubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server.host)
    publish(clients)
    received: list[Any] = []
    arrived = threading.Event()

    def receive(message: Any) -> None:
        received.append(message.data)
        message.ack_with_response().result(30)
        arrived.set()

    with SubscriberClient() as subscriber:
        pulling = subscriber.subscribe(clients.subscription, receive)
        assert arrived.wait(30)
        pulling.cancel()
        pulling.result(30)

    assert received == [b"x"]


@pytest.mark.parametrize(
    "message",
    [
        {"data": bytes(10_000_001)},
        {"data": b"x", "attributes": {"k" * 257: "v"}},
        {"data": b"x", "attributes": {"k": "v" * 1025}},
        {"data": b"x", "attributes": {"": "v"}},
        {"data": b"x", "attributes": {str(number): "v" for number in range(101)}},
    ],
    ids=["data", "key", "value", "empty key", "number of attributes"],
)
def test_a_message_beyond_the_services_limits_is_refused(
    clients: Clients, message: dict[str, Any]
) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        clients.publisher.publish(topic=clients.topic, messages=[message])
