"""Publishes dead letters again, one request per batch and each request once.

The client library's retry would publish a letter twice whenever Pub/Sub's answer is lost, so it is
off: an unclear answer stays an open claim.
"""

import os
from collections.abc import Iterable, Iterator, Sequence

import grpc
from google.api_core.exceptions import (
    FailedPrecondition,
    GoogleAPICallError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from flex_template.replay.letter import Letter
from flex_template.replay.log import CLAIMED, FAILED, PUBLISHED, Outcome

# https://cloud.google.com/pubsub/quotas#resource_limits: 1,000 messages and 10 MB in one request.
MAX_MESSAGES = 1_000
MAX_BYTES = 9_900_000
_FRAMING = 64  # bytes of a message or an attribute beside its texts: tags, lengths, a time
TIMEOUT_SECONDS = 60  # as in Google's own client
# Pub/Sub answers these before it looks at the messages: certainly none is published.
REFUSALS = (NotFound, PermissionDenied, Unauthenticated, FailedPrecondition, ResourceExhausted)


def connect() -> PublisherClient:
    """A client of Pub/Sub, or of the emulator that `PUBSUB_EMULATOR_HOST` names."""
    emulator = os.environ.get("PUBSUB_EMULATOR_HOST")
    if not emulator:
        return PublisherClient()
    return PublisherClient(
        transport=PublisherGrpcTransport(channel=grpc.insecure_channel(emulator))
    )


def publish(client: PublisherClient, topic: str, letters: Sequence[Letter]) -> list[Outcome]:
    """Publish `letters`, which fit one request, and wait for Pub/Sub's acknowledgement."""
    messages = [{"data": letter.payload, "attributes": letter.attributes} for letter in letters]
    try:
        response = client.publish(
            topic=topic, messages=messages, retry=None, timeout=TIMEOUT_SECONDS
        )
    except InvalidArgument as error:
        return _publish_halves(client, topic, letters, error)
    except REFUSALS as error:
        return [Outcome(letter, FAILED, None, str(error)) for letter in letters]
    except GoogleAPICallError as error:
        return [Outcome(letter, CLAIMED, None, str(error)) for letter in letters]
    pairs = zip(letters, response.message_ids, strict=True)
    return [Outcome(letter, PUBLISHED, message_id) for letter, message_id in pairs]


def _publish_halves(
    client: PublisherClient, topic: str, letters: Sequence[Letter], error: InvalidArgument
) -> list[Outcome]:
    """One message that Pub/Sub refuses must not hold up the others of its request."""
    if len(letters) == 1:
        return [Outcome(letters[0], FAILED, None, str(error))]
    half = len(letters) // 2
    return publish(client, topic, letters[:half]) + publish(client, topic, letters[half:])


def batches(letters: Iterable[Letter], max_letters: int) -> Iterator[list[Letter]]:
    """Group `letters` so that each group fits one request."""
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        if batch and (len(batch) == max_letters or size + _size(letter) > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += _size(letter)
    if batch:
        yield batch


def _size(letter: Letter) -> int:
    attributes = letter.attributes.items()
    text = sum(len(key.encode()) + len(value.encode()) + _FRAMING for key, value in attributes)
    return len(letter.payload) + text + _FRAMING
