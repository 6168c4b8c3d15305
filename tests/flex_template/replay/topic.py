"""A topic, and all that was ever published to it."""

import uuid
from typing import Any

from local.pubsub import messages as pubsub_messages
from local.pubsub.server import PubSubServer
from tests.warehouse import PROJECT


class Topic:
    """A new topic on our Pub/Sub server, which speaks the real API to the command."""

    def __init__(self, server: PubSubServer) -> None:
        self._server = server
        suffix = uuid.uuid4().hex
        self.name = f"projects/{PROJECT}/topics/topic-{suffix}"
        self._subscription = f"projects/{PROJECT}/subscriptions/subscription-{suffix}"
        self._received: list[Any] = []
        self.create()

    def create(self) -> None:
        state = self._server.state
        state.create_topic(pubsub_messages.Topic(name=self.name))
        state.create_subscription(
            pubsub_messages.Subscription(name=self._subscription, topic=self.name)
        )

    def delete(self) -> None:
        self._server.state.delete_topic(self.name)
        self._server.state.delete_subscription(self._subscription)

    def messages(self) -> list[Any]:
        """Everything published so far, as `PubsubMessage`s."""
        while pulled := self._server.state.pull(self._subscription, 1000, lambda: False, 600):
            self._received += [received.message for received in pulled]
        return list(self._received)

    def replayed_ids(self) -> list[str]:
        """`replayed_from` of each message, in the order of their publication."""
        return [message.attributes["replayed_from"] for message in self.messages()]
