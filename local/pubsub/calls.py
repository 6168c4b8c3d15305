"""The RPCs of google.pubsub.v1: what each takes, and what it does to the state.

An effect may raise `Refused`; None stands for the API's empty response.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import grpc

from local.pubsub import messages as pb
from local.pubsub.limits import Refused
from local.pubsub.state import PubSubState

PULL_SECONDS = 20  # an idle Pull returns empty-handed after a while, as the service's does
STREAM_BATCH = 100  # several subscribers share a backlog


class Call(NamedTuple):
    """The class of the request, and the effect of one with its context."""

    request: Any
    effect: Callable[[PubSubState, Any, grpc.ServicerContext], Any]


def _publish(state: PubSubState, request: Any, _: grpc.ServicerContext) -> Any:
    return pb.PublishResponse(message_ids=state.publish(request.topic, request.messages))


def _list_topics(state: PubSubState, request: Any, _: grpc.ServicerContext) -> Any:
    return pb.ListTopicsResponse(topics=state.topics(request.project))


def _pull(state: PubSubState, request: Any, context: grpc.ServicerContext) -> Any:
    until = time.monotonic() + (0 if request.return_immediately else PULL_SECONDS)

    def wanted() -> bool:
        return context.is_active() and time.monotonic() < until

    messages = state.pull(request.subscription, request.max_messages, wanted)
    if messages and not context.is_active():  # nobody is there to take them any more
        ack_ids = [message.ack_id for message in messages]
        state.modify_ack_deadline(request.subscription, ack_ids, 0)
    return pb.PullResponse(received_messages=messages)


def streaming_pull(
    state: PubSubState, requests: Iterator[Any], context: grpc.ServicerContext
) -> Iterator[Any]:
    """The one call that is a stream in both directions."""
    first = next(requests)
    name, seconds = first.subscription, first.stream_ack_deadline_seconds
    threading.Thread(target=_settle, args=(state, name, requests), daemon=True).start()
    while context.is_active():
        messages = state.pull(name, STREAM_BATCH, context.is_active, seconds)
        if messages:
            yield pb.StreamingPullResponse(received_messages=messages)


def _settle(state: PubSubState, name: str, requests: Iterator[Any]) -> None:
    with suppress(grpc.RpcError, Refused):  # the stream ended, or the subscription is gone
        for request in requests:
            if request.ack_ids:
                state.acknowledge(name, request.ack_ids)
            ids, deadlines = request.modify_deadline_ack_ids, request.modify_deadline_seconds
            for ack_id, seconds in zip(ids, deadlines, strict=True):
                state.modify_ack_deadline(name, [ack_id], seconds)


PUBLISHER = {
    "CreateTopic": Call(pb.Topic, lambda state, topic, _: state.create_topic(topic)),
    "GetTopic": Call(pb.GetTopicRequest, lambda state, request, _: state.topic(request.topic)),
    "ListTopics": Call(pb.ListTopicsRequest, _list_topics),
    "DeleteTopic": Call(
        pb.DeleteTopicRequest, lambda state, request, _: state.delete_topic(request.topic)
    ),
    "Publish": Call(pb.PublishRequest, _publish),
}
SUBSCRIBER = {
    "CreateSubscription": Call(
        pb.Subscription, lambda state, subscription, _: state.create_subscription(subscription)
    ),
    "GetSubscription": Call(
        pb.GetSubscriptionRequest,
        lambda state, request, _: state.subscription(request.subscription),
    ),
    "DeleteSubscription": Call(
        pb.DeleteSubscriptionRequest,
        lambda state, request, _: state.delete_subscription(request.subscription),
    ),
    "Pull": Call(pb.PullRequest, _pull),
    "Acknowledge": Call(
        pb.AcknowledgeRequest,
        lambda state, request, _: state.acknowledge(request.subscription, request.ack_ids),
    ),
    "ModifyAckDeadline": Call(
        pb.ModifyAckDeadlineRequest,
        lambda state, request, _: state.modify_ack_deadline(
            request.subscription, request.ack_ids, request.ack_deadline_seconds
        ),
    ),
}
