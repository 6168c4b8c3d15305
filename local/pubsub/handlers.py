"""google.pubsub.v1 as generic gRPC handlers, every call passing through the ordered faults."""

from collections.abc import Iterator, Mapping
from typing import Any

import grpc

from local.pubsub.calls import PUBLISHER, SUBSCRIBER, Call, streaming_pull
from local.pubsub.faults import Faults
from local.pubsub.limits import Refused
from local.pubsub.messages import StreamingPullRequest
from local.pubsub.state import PubSubState


def handlers(state: PubSubState, faults: Faults) -> list[grpc.GenericRpcHandler]:
    """The services Publisher and Subscriber."""
    subscriber = _unary_handlers(SUBSCRIBER, state, faults)
    subscriber["StreamingPull"] = _streaming_handler(state, faults)
    services = {
        "google.pubsub.v1.Publisher": _unary_handlers(PUBLISHER, state, faults),
        "google.pubsub.v1.Subscriber": subscriber,
    }
    return [grpc.method_handlers_generic_handler(*service) for service in services.items()]


def _unary_handlers(
    calls: Mapping[str, Call], state: PubSubState, faults: Faults
) -> dict[str, grpc.RpcMethodHandler]:
    return {name: _unary_handler(name, call, state, faults) for name, call in calls.items()}


def _unary_handler(
    name: str, call: Call, state: PubSubState, faults: Faults
) -> grpc.RpcMethodHandler:
    def serve(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            with faults.around(name, context):
                return call.effect(state, request, context)
        except Refused as refusal:
            context.abort(refusal.code, str(refusal))

    return grpc.unary_unary_rpc_method_handler(serve, call.request.FromString, _serialized)


def _streaming_handler(state: PubSubState, faults: Faults) -> grpc.RpcMethodHandler:
    def serve(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            with faults.around("StreamingPull", context):
                yield from streaming_pull(state, requests, context)
        except Refused as refusal:
            context.abort(refusal.code, str(refusal))

    return grpc.stream_stream_rpc_method_handler(
        serve, StreamingPullRequest.FromString, _serialized
    )


def _serialized(response: Any) -> bytes:
    return b"" if response is None else response.SerializeToString()
