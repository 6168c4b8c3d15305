"""Plain clients of a Pub/Sub emulator: one RPC per call, no batching, no credentials."""

import grpc
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def connect(host: str) -> grpc.Channel:
    """A plaintext channel to `host` (host:port)."""
    return grpc.insecure_channel(host, options=_OPTIONS)


def publisher(channel: grpc.Channel) -> PublisherClient:
    return PublisherClient(transport=PublisherGrpcTransport(channel=channel))


def subscriber(channel: grpc.Channel) -> SubscriberClient:
    return SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
