"""The RPCs of google.pubsub.v1 over `PubSubState`."""

# ruff: noqa: N802 - methods are named as in the API

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from local.pubsub import messages as pb
from local.pubsub.limits import Refused
from local.pubsub.state import PubSubState

PULL_SECONDS = 20  # an idle Pull returns empty-handed after a while, as the service's does
STREAM_BATCH = 100


class PubSubServicer:
    """Raises `Refused` where the service answers with another status than OK."""

    def __init__(self, state: PubSubState) -> None:
        self._state = state

    def CreateTopic(self, request: Any, _: grpc.ServicerContext) -> Any:
        return self._state.create_topic(request)

    def GetTopic(self, request: Any, _: grpc.ServicerContext) -> Any:
        return self._state.topic(request.topic)

    def ListTopics(self, request: Any, _: grpc.ServicerContext) -> Any:
        return pb.ListTopicsResponse(topics=self._state.topics(request.project))

    def DeleteTopic(self, request: Any, _: grpc.ServicerContext) -> Any:
        self._state.delete_topic(request.topic)
        return Empty()

    def Publish(self, request: Any, _: grpc.ServicerContext) -> Any:
        ids = self._state.publish(request.topic, request.messages)
        return pb.PublishResponse(message_ids=ids)

    def CreateSubscription(self, request: Any, _: grpc.ServicerContext) -> Any:
        return self._state.create_subscription(request)

    def GetSubscription(self, request: Any, _: grpc.ServicerContext) -> Any:
        return self._state.subscription(request.subscription)

    def DeleteSubscription(self, request: Any, _: grpc.ServicerContext) -> Any:
        self._state.delete_subscription(request.subscription)
        return Empty()

    def Pull(self, request: Any, context: grpc.ServicerContext) -> Any:
        until = time.monotonic() + (0 if request.return_immediately else PULL_SECONDS)

        def wanted() -> bool:
            return context.is_active() and time.monotonic() < until

        messages = self._state.pull(request.subscription, request.max_messages, wanted)
        if messages and not context.is_active():  # nobody is there to take them any more
            ack_ids = [message.ack_id for message in messages]
            self._state.modify_ack_deadline(request.subscription, ack_ids, 0)
        return pb.PullResponse(received_messages=messages)

    def StreamingPull(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
        first = next(requests)
        name, seconds = first.subscription, first.stream_ack_deadline_seconds
        threading.Thread(target=self._settle, args=(name, requests), daemon=True).start()
        while context.is_active():
            messages = self._state.pull(name, STREAM_BATCH, context.is_active, seconds)
            if messages:
                yield pb.StreamingPullResponse(received_messages=messages)

    def _settle(self, name: str, requests: Iterator[Any]) -> None:
        with suppress(grpc.RpcError, Refused):  # the stream ended, or the subscription is gone
            for request in requests:
                if request.ack_ids:
                    self._state.acknowledge(name, request.ack_ids)
                ids, deadlines = request.modify_deadline_ack_ids, request.modify_deadline_seconds
                for ack_id, seconds in zip(ids, deadlines, strict=True):
                    self._state.modify_ack_deadline(name, [ack_id], seconds)

    def Acknowledge(self, request: Any, _: grpc.ServicerContext) -> Any:
        self._state.acknowledge(request.subscription, request.ack_ids)
        return Empty()

    def ModifyAckDeadline(self, request: Any, _: grpc.ServicerContext) -> Any:
        seconds = request.ack_deadline_seconds
        self._state.modify_ack_deadline(request.subscription, request.ack_ids, seconds)
        return Empty()
