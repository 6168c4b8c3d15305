"""Which status each Pub/Sub server answers to what it refuses."""

from collections.abc import Callable

import pytest
from google.api_core import exceptions

from tests.local.pubsub.clients import Clients, publish, pull

MISSING: dict[str, Callable[[Clients], object]] = {
    "get_topic": lambda c: c.publisher.get_topic(topic=c.topic),
    "delete_topic": lambda c: c.publisher.delete_topic(topic=c.topic),
    "publish": lambda c: publish(c, {"data": b"x"}),
    "create_subscription": lambda c: c.subscriber.create_subscription(
        name=c.subscription, topic=c.topic
    ),
    "get_subscription": lambda c: c.subscriber.get_subscription(subscription=c.subscription),
    "delete_subscription": lambda c: c.subscriber.delete_subscription(subscription=c.subscription),
    "pull": pull,
    "acknowledge": lambda c: c.subscriber.acknowledge(subscription=c.subscription, ack_ids=["x"]),
}


@pytest.mark.parametrize("call", MISSING.values(), ids=MISSING)
def test_a_missing_resource_is_not_found(
    clients: Clients, call: Callable[[Clients], object]
) -> None:
    with pytest.raises(exceptions.NotFound):
        call(clients)


def test_a_name_is_given_once(clients: Clients) -> None:
    clients.create()

    with pytest.raises(exceptions.AlreadyExists):
        clients.publisher.create_topic(name=clients.topic)
    with pytest.raises(exceptions.AlreadyExists):
        clients.subscriber.create_subscription(name=clients.subscription, topic=clients.topic)


INVALID: dict[str, Callable[[Clients], object]] = {
    "no messages": publish,
    "an empty message": lambda c: publish(c, {"data": b"x"}, {}),
    "1001 messages": lambda c: publish(c, *[{"data": b"x"}] * 1001),
    "a topic's name too short": lambda c: c.publisher.create_topic(
        name="projects/aegis-local/topics/ab"
    ),
    "a topic's name as a subscription's": lambda c: c.subscriber.create_subscription(
        name=c.topic, topic=c.topic
    ),
    "a pull of nothing": lambda c: pull(c, 0),
    "an acknowledgement of nothing": lambda c: c.subscriber.acknowledge(
        subscription=c.subscription, ack_ids=[]
    ),
    "an ack deadline of 601 s": lambda c: c.subscriber.create_subscription(
        name=f"{c.subscription}-2", topic=c.topic, ack_deadline_seconds=601
    ),
}


@pytest.mark.parametrize("call", INVALID.values(), ids=INVALID)
def test_an_invalid_request_is_refused(clients: Clients, call: Callable[[Clients], object]) -> None:
    clients.create()

    with pytest.raises(exceptions.InvalidArgument):
        call(clients)
