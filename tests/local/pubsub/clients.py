"""The two clients of one Pub/Sub server, and names that no other test uses."""

from dataclasses import dataclass
from typing import Any

from google.pubsub_v1 import PublisherClient, SubscriberClient


@dataclass
class Clients:
    publisher: PublisherClient
    subscriber: SubscriberClient
    topic: str
    subscription: str

    def create(self, ack_seconds: int = 10) -> None:
        self.publisher.create_topic(name=self.topic)
        self.subscriber.create_subscription(
            name=self.subscription, topic=self.topic, ack_deadline_seconds=ack_seconds
        )


def pull(clients: Clients, count: int = 10) -> list[Any]:
    response = clients.subscriber.pull(
        subscription=clients.subscription, max_messages=count, timeout=30
    )
    return list(response.received_messages)


def publish(clients: Clients, *messages: dict[str, Any]) -> list[str]:
    response = clients.publisher.publish(topic=clients.topic, messages=list(messages), timeout=30)
    return list(response.message_ids)
