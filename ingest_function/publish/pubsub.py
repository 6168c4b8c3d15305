"""Pub/Sub's `Publish` over gRPC, without the client library's threads and wrappers."""

import asyncio
import random
from collections.abc import Sequence
from itertools import count
from urllib.parse import quote

import grpc
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.types import PublishRequest, PublishResponse

from ingest_function.publish.publisher import RETRYABLE, Publisher
from ingest_function.settings import Settings

# Pub/Sub answers in tens of milliseconds; one that is merely slow gets twice as long each time.
FIRST_ATTEMPT_SECONDS = 1.0
FIRST_BACKOFF_SECONDS = 0.1
MAX_BACKOFF_SECONDS = 2.0
_CHANNEL_OPTIONS = (
    ("grpc.keepalive_time_ms", 30_000),  # a connection that died in silence is found out
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),  # gRPC's own second would outlast a short outage
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


def open_channel(emulator_host: str) -> grpc.aio.Channel:
    """To the emulator in plain text, or to Google over TLS with the default credentials.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: there are none.
    """
    if emulator_host:
        return grpc.aio.insecure_channel(emulator_host, options=_CHANNEL_OPTIONS)
    return PublisherGrpcAsyncIOTransport.create_channel(options=_CHANNEL_OPTIONS)


class PubSub:
    """One topic, published to in groups; belongs to one event loop.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: there are no credentials.
    """

    def __init__(self, settings: Settings) -> None:
        self._channel = open_channel(settings.emulator_host)
        topic = Topic(self._channel, settings.topic)
        self._publisher = Publisher(topic.publish, settings.publish_timeout)
        self.publish = self._publisher.publish

    async def close(self) -> None:
        """Finish what is on its way to Pub/Sub, then disconnect."""
        await self._publisher.close()
        await self._channel.close()


class Topic:
    """One topic's `Publish`, repeated while its code is retryable and time is left."""

    def __init__(self, channel: grpc.aio.Channel, name: str) -> None:
        self._prefix: bytes = PublishRequest.pb()(topic=name).SerializeToString()
        self._metadata = (("x-goog-request-params", f"topic={quote(name, safe='')}"),)
        self._call = channel.unary_unary(
            "/google.pubsub.v1.Publisher/Publish",
            request_serializer=None,  # it is serialized already
            response_deserializer=PublishResponse.pb().FromString,
        )

    async def publish(self, messages: bytes, deadline: float) -> Sequence[str]:
        """The ids of the messages that `encode_messages` made, once Pub/Sub acknowledged them.

        Each attempt has a deadline of its own, so that a call which hangs is sent again. A repeated
        call may store messages twice; their `event_id` stays the same. `deadline` is in seconds of
        the event loop's clock.

        Raises:
            grpc.aio.AioRpcError: the code is final, or the deadline leaves no time to try again.
        """
        loop = asyncio.get_running_loop()
        request = self._prefix + messages
        for attempt in count():
            try:
                left = deadline - loop.time()
                timeout = min(left, FIRST_ATTEMPT_SECONDS * 2**attempt)
                answer = await self._call(request, timeout=timeout, metadata=self._metadata)
            except grpc.aio.AioRpcError as error:
                pause = _backoff(attempt)
                if error.code() not in RETRYABLE or loop.time() + pause >= deadline:
                    raise
                await asyncio.sleep(pause)
            else:
                return answer.message_ids  # type: ignore[no-any-return]
        raise AssertionError("count() does not end")


def _backoff(attempt: int) -> float:
    longest = min(MAX_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**attempt)
    return random.uniform(0, longest)  # noqa: S311 - jitter, not a secret
