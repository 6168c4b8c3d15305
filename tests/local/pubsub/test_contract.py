"""What our in-memory Pub/Sub promises, held against Google's emulator too."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.api_core import exceptions

from tests.local.pubsub.clients import Clients, publish, pull

MEGABYTE = 1_000_000


def test_a_message_arrives_with_its_bytes_attributes_and_id(clients: Clients) -> None:
    clients.create()
    [message_id] = publish(clients, {"data": b"\xff\x00", "attributes": {"event_id": "1"}})

    [received] = pull(clients)

    assert received.message.data == b"\xff\x00"
    assert dict(received.message.attributes) == {"event_id": "1"}
    assert received.message.message_id == message_id
    assert abs(received.message.publish_time.timestamp() - time.time()) < 60


def test_a_message_may_consist_of_attributes_alone(clients: Clients) -> None:
    clients.create()
    publish(clients, {"attributes": {"event_id": "1"}})

    [received] = pull(clients)

    assert received.message.data == b""


def test_message_ids_are_unique_and_in_the_order_of_the_request(clients: Clients) -> None:
    clients.create()
    ids = publish(clients, *({"data": b"%d" % index} for index in range(5)))

    received: list[Any] = []
    while len(received) < 5:
        received += pull(clients)

    assert len(set(ids)) == 5
    assert {item.message.message_id: item.message.data for item in received} == {
        message_id: b"%d" % index for index, message_id in enumerate(ids)
    }


def test_an_unacknowledged_message_comes_again_after_its_deadline(clients: Clients) -> None:
    clients.create()
    publish(clients, {"data": b"x"})
    [first] = pull(clients)
    clients.subscriber.modify_ack_deadline(
        subscription=clients.subscription, ack_ids=[first.ack_id], ack_deadline_seconds=1
    )

    [second] = pull(clients)

    assert second.message.message_id == first.message.message_id
    assert second.ack_id != first.ack_id


def test_a_deadline_of_zero_returns_the_message_at_once(clients: Clients) -> None:
    clients.create(ack_seconds=600)
    publish(clients, {"data": b"x"})
    [first] = pull(clients)
    clients.subscriber.modify_ack_deadline(
        subscription=clients.subscription, ack_ids=[first.ack_id], ack_deadline_seconds=0
    )

    [second] = pull(clients)

    assert second.message.message_id == first.message.message_id


def test_an_acknowledged_message_does_not_come_again(clients: Clients) -> None:
    clients.create()
    publish(clients, {"data": b"first"})
    [first] = pull(clients)
    clients.subscriber.acknowledge(subscription=clients.subscription, ack_ids=[first.ack_id])
    clients.subscriber.modify_ack_deadline(
        subscription=clients.subscription, ack_ids=[first.ack_id], ack_deadline_seconds=0
    )
    publish(clients, {"data": b"second"})

    assert [item.message.data for item in pull(clients)] == [b"second"]


def test_a_pull_waits_for_the_first_message(clients: Clients) -> None:
    clients.create()
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(pull, clients)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        publish(clients, {"data": b"x"})

        assert [item.message.data for item in waiting.result(timeout=30)] == [b"x"]


def test_every_subscription_of_a_topic_gets_each_message(clients: Clients) -> None:
    clients.create()
    other = f"{clients.subscription}-other"
    clients.subscriber.create_subscription(name=other, topic=clients.topic)
    publish(clients, {"data": b"x"})

    [received] = clients.subscriber.pull(subscription=other, max_messages=1).received_messages

    assert received.message.data == pull(clients)[0].message.data == b"x"


def test_a_subscription_of_a_deleted_topic_keeps_its_messages(clients: Clients) -> None:
    clients.create()
    publish(clients, {"data": b"x"})
    clients.publisher.delete_topic(topic=clients.topic)

    with pytest.raises(exceptions.NotFound):
        publish(clients, {"data": b"y"})
    subscription = clients.subscriber.get_subscription(subscription=clients.subscription)

    assert subscription.topic == "_deleted-topic_"
    assert [item.message.data for item in pull(clients)] == [b"x"]


def test_topics_are_listed_by_project(clients: Clients) -> None:
    clients.create()

    listed = clients.publisher.list_topics(project="projects/aegis-local")
    elsewhere = clients.publisher.list_topics(project="projects/another-project")

    assert clients.topic in [topic.name for topic in listed]
    assert clients.topic not in [topic.name for topic in elsewhere]


def test_a_publish_of_ten_megabytes_less_a_little_is_accepted(clients: Clients) -> None:
    clients.create()

    assert len(publish(clients, {"data": bytes(10 * MEGABYTE - 1000)})) == 1
    assert len(pull(clients)[0].message.data) == 10 * MEGABYTE - 1000


def test_a_refused_publish_stores_none_of_its_messages(clients: Clients) -> None:
    clients.create()
    with pytest.raises(exceptions.InvalidArgument):
        publish(clients, {"data": b"refused"}, {})
    publish(clients, {"data": b"accepted"})

    assert [item.message.data for item in pull(clients)] == [b"accepted"]
