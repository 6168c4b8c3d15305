"""What reached the topic, seen through a subscription."""

import time
from collections.abc import Collection

from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.types import PubsubMessage

SECONDS = 60


class Topic:
    """Pulls from `subscription`, and remembers every message."""

    def __init__(self, subscriber: SubscriberClient, subscription: str) -> None:
        self.messages: list[PubsubMessage] = []
        self._subscriber = subscriber
        self._subscription = subscription

    @property
    def event_ids(self) -> list[str]:
        return [message.attributes["event_id"] for message in self.messages]

    def wait_for(self, event_ids: Collection[str]) -> None:
        """Pull until all of `event_ids` have come; fails with those that did not."""
        deadline = time.monotonic() + SECONDS
        while missing := set(event_ids) - set(self.event_ids):
            assert time.monotonic() < deadline, f"{len(missing)} of {len(event_ids)} are missing"
            self.pull()

    def pull(self) -> None:
        """Take what is there now."""
        answer = self._subscriber.pull(subscription=self._subscription, max_messages=1000)
        self.messages += [received.message for received in answer.received_messages]
        if ack_ids := [received.ack_id for received in answer.received_messages]:
            self._subscriber.acknowledge(subscription=self._subscription, ack_ids=ack_ids)
