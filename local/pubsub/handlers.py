"""google.pubsub.v1 as generic gRPC handlers, every call passing through the ordered faults."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc

from local.pubsub import messages as pb
from local.pubsub.faults import Faults
from local.pubsub.limits import Refused
from local.pubsub.servicer import PubSubServicer
from local.pubsub.state import PubSubState

_PUBLISHER = {
    "CreateTopic": pb.Topic,
    "GetTopic": pb.GetTopicRequest,
    "ListTopics": pb.ListTopicsRequest,
    "DeleteTopic": pb.DeleteTopicRequest,
    "Publish": pb.PublishRequest,
}
_SUBSCRIBER = {
    "CreateSubscription": pb.Subscription,
    "GetSubscription": pb.GetSubscriptionRequest,
    "DeleteSubscription": pb.DeleteSubscriptionRequest,
    "Pull": pb.PullRequest,
    "Acknowledge": pb.AcknowledgeRequest,
    "ModifyAckDeadline": pb.ModifyAckDeadlineRequest,
}


def handlers(state: PubSubState, faults: Faults) -> list[grpc.GenericRpcHandler]:
    """The services Publisher and Subscriber."""
    servicer = PubSubServicer(state)
    subscriber = _unary_handlers(_SUBSCRIBER, servicer, faults)
    subscriber["StreamingPull"] = grpc.stream_stream_rpc_method_handler(
        _streaming("StreamingPull", servicer.StreamingPull, faults),
        pb.StreamingPullRequest.FromString,
        _serialized,
    )
    services = {
        "google.pubsub.v1.Publisher": _unary_handlers(_PUBLISHER, servicer, faults),
        "google.pubsub.v1.Subscriber": subscriber,
    }
    return [grpc.method_handlers_generic_handler(*service) for service in services.items()]


def _unary_handlers(
    requests: dict[str, Any], servicer: PubSubServicer, faults: Faults
) -> dict[str, grpc.RpcMethodHandler]:
    return {
        name: grpc.unary_unary_rpc_method_handler(
            _unary(name, getattr(servicer, name), faults), request.FromString, _serialized
        )
        for name, request in requests.items()
    }


def _serialized(response: Any) -> bytes:
    return response.SerializeToString()  # type: ignore[no-any-return]


def _unary(name: str, method: Callable[..., Any], faults: Faults) -> Callable[..., Any]:
    def serve(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            with faults.around(name, context):
                return method(request, context)
        except Refused as refusal:
            context.abort(refusal.code, str(refusal))

    return serve


def _streaming(name: str, method: Callable[..., Any], faults: Faults) -> Callable[..., Any]:
    def serve(requests: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            with faults.around(name, context):
                yield from method(requests, context)
        except Refused as refusal:
            context.abort(refusal.code, str(refusal))

    return serve
