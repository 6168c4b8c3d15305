"""Our Pub/Sub as a test sees it: publish, and look at what is still owed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from google.pubsub_v1 import PublisherClient, SubscriberClient

from local.names import SUBSCRIPTION, TOPIC
from local.pubsub.server import PubSubServer

ACK_SECONDS = 10


@dataclass(frozen=True)
class Queue:
    """One topic with one subscription."""

    server: PubSubServer
    publisher: PublisherClient
    subscriber: SubscriberClient

    def publish(self, *payloads: bytes) -> list[str]:
        """Publish each as a message; the ids."""
        messages = [{"data": payload} for payload in payloads]
        return list(self.publisher.publish(topic=TOPIC, messages=messages).message_ids)

    @property
    def backlog(self) -> int:
        """How many messages are not acknowledged, on lease or not."""
        backlog = self.server.state._backlogs[SUBSCRIPTION]
        return len(backlog._waiting) + len(backlog._leases)


def wait_for(met: Callable[[], object], seconds: float = 30) -> None:
    """Poll until `met`."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "not met in time"
        time.sleep(0.01)
