"""What arrived in Pub/Sub."""

import json
from typing import Any

from local.pubsub.messages import Subscription, Topic
from local.pubsub.server import PubSubServer
from schemas.quarantine import is_quarantined

TOPIC = "projects/aegis-local/topics/events"
SUBSCRIPTION = "projects/aegis-local/subscriptions/events-pipeline"


class Inbox:
    """A topic with one subscription on our Pub/Sub server."""

    def __init__(self, server: PubSubServer) -> None:
        self._server = server
        self._taken: list[Any] = []
        server.state.create_topic(Topic(name=TOPIC))
        server.state.create_subscription(Subscription(name=SUBSCRIPTION, topic=TOPIC))

    def messages(self) -> list[Any]:
        """Every event published so far, as `PubsubMessage`s."""
        while taken := self._server.state.pull(SUBSCRIPTION, 1000, lambda: False, 600):
            self._taken += [received.message for received in taken]
        return [message for message in self._taken if not is_quarantined(message.attributes)]

    def quarantined(self) -> list[Any]:
        """Every refused event published so far, as `PubsubMessage`s."""
        self.messages()
        return [message for message in self._taken if is_quarantined(message.attributes)]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(message.data) for message in self.messages()]

    def delete_topic(self) -> None:
        self._server.state.delete_topic(TOPIC)
