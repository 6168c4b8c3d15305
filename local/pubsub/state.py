"""The resources and messages of an in-memory Pub/Sub; every method is atomic."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from local.pubsub.backlog import Backlog
from local.pubsub.limits import (
    MIN_ACK_SECONDS,
    Refused,
    check,
    check_ack_seconds,
    check_name,
    check_publish,
)
from local.pubsub.messages import PubsubMessage, Subscription, Topic

DELETED_TOPIC = "_deleted-topic_"
_LEASE_CHECK_SECONDS = 0.25  # nothing announces that a lease has run out


class PubSubState:
    """Topics, subscriptions and their backlogs.

    Each method raises `Refused` with the status that the service answers: NOT_FOUND,
    ALREADY_EXISTS or INVALID_ARGUMENT.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._topics: dict[str, Topic] = {}
        self._backlogs: dict[str, Backlog] = {}
        self._message_ids = itertools.count(1)

    def create_topic(self, topic: Topic) -> Topic:
        check_name(topic.name, "topics")
        with self._changed:
            _refuse_existing(topic.name, self._topics)
            self._topics[topic.name] = topic
        return topic

    def topic(self, name: str) -> Topic:
        with self._changed:
            return _found(name, self._topics)

    def topics(self, project: str) -> list[Topic]:
        with self._changed:
            return [topic for name, topic in self._topics.items() if name.startswith(f"{project}/")]

    def delete_topic(self, name: str) -> None:
        """Subscriptions keep their backlog and name `DELETED_TOPIC` from now on."""
        with self._changed:
            _found(name, self._topics)
            del self._topics[name]
            for backlog in self._backlogs.values():
                if backlog.subscription.topic == name:
                    backlog.subscription.topic = DELETED_TOPIC

    def create_subscription(self, subscription: Subscription) -> Subscription:
        check_name(subscription.name, "subscriptions")
        subscription.ack_deadline_seconds = subscription.ack_deadline_seconds or MIN_ACK_SECONDS
        check_ack_seconds(subscription.ack_deadline_seconds, MIN_ACK_SECONDS)
        with self._changed:
            _refuse_existing(subscription.name, self._backlogs)
            _found(subscription.topic, self._topics)
            self._backlogs[subscription.name] = Backlog(subscription)
        return subscription

    def subscription(self, name: str) -> Subscription:
        with self._changed:
            return _found(name, self._backlogs).subscription

    def delete_subscription(self, name: str) -> None:
        with self._changed:
            _found(name, self._backlogs)
            del self._backlogs[name]
            self._changed.notify_all()

    def publish(self, topic: str, messages: list[Any]) -> list[str]:
        """Store all messages or none; the ids are in the order of the messages."""
        check_publish(messages)
        with self._changed:
            _found(topic, self._topics)
            stored = [self._stamped(message) for message in messages]
            for backlog in self._backlogs.values():
                if backlog.subscription.topic == topic:
                    backlog.add(stored)
            self._changed.notify_all()
        return [message.message_id for message in stored]

    def _stamped(self, message: Any) -> Any:
        stamped = PubsubMessage()
        stamped.CopyFrom(message)
        stamped.message_id = str(next(self._message_ids))
        stamped.publish_time.CopyFrom(_now())
        return stamped

    def pull(
        self, name: str, count: int, wanted: Callable[[], bool], ack_seconds: int = 0
    ) -> list[Any]:
        """Up to `count` messages, waiting for the first for as long as `wanted()` holds."""
        check(count > 0, "max_messages must be positive")
        with self._changed:
            while True:
                backlog: Backlog = _found(name, self._backlogs)
                messages = backlog.lease(count, ack_seconds)
                if messages or not wanted():
                    return messages
                self._changed.wait(_LEASE_CHECK_SECONDS)

    def acknowledge(self, name: str, ack_ids: list[str]) -> None:
        check(ack_ids, "No ack ids specified")
        with self._changed:
            _found(name, self._backlogs).acknowledge(ack_ids)

    def modify_ack_deadline(self, name: str, ack_ids: list[str], seconds: int) -> None:
        check_ack_seconds(seconds, 0)
        with self._changed:
            _found(name, self._backlogs).modify(ack_ids, seconds)
            self._changed.notify_all()


def _found(name: str, resources: dict[str, Any]) -> Any:
    if name not in resources:
        raise Refused(grpc.StatusCode.NOT_FOUND, f"Resource not found (resource={name})")
    return resources[name]


def _refuse_existing(name: str, resources: dict[str, Any]) -> None:
    if name in resources:
        message = f"Resource already exists in the project (resource={name})"
        raise Refused(grpc.StatusCode.ALREADY_EXISTS, message)


def _now() -> Timestamp:
    now = Timestamp()
    now.GetCurrentTime()
    return now
