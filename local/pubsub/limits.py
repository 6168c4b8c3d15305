"""What Pub/Sub refuses at the door."""

import re
from collections.abc import Sequence
from typing import Any

import grpc

# https://cloud.google.com/pubsub/quotas#resource_limits
MAX_MESSAGES = 1000
MAX_REQUEST_BYTES = 10_000_000
MAX_ATTRIBUTES = 100
MAX_KEY_BYTES = 256
MAX_VALUE_BYTES = 1024
MIN_ACK_SECONDS = 10
MAX_ACK_SECONDS = 600

# https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names
_RESOURCE = re.compile(
    r"projects/[^/]+/(topics|subscriptions)/(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}"
)


class Refused(Exception):  # noqa: N818 - an answer, not a fault of the server
    """A call that Pub/Sub answers with a status other than OK."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(accepted: object, message: str) -> None:
    """Raise `Refused` with INVALID_ARGUMENT unless `accepted` is true."""
    if not accepted:
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, message)


def check_name(name: str, collection: str) -> None:
    match = _RESOURCE.fullmatch(name)
    check(match and match[1] == collection, f"Invalid [{collection}] name: (name={name})")


def check_ack_seconds(seconds: int, minimum: int) -> None:
    message = f"The ack deadline must be in [{minimum}, {MAX_ACK_SECONDS}] seconds"
    check(minimum <= seconds <= MAX_ACK_SECONDS, message)


def check_publish(messages: Sequence[Any]) -> None:
    check(messages, "The value for message_count is too small: at least 1")
    check(len(messages) <= MAX_MESSAGES, f"At most {MAX_MESSAGES} messages")
    size = sum(message.ByteSize() for message in messages)
    check(size <= MAX_REQUEST_BYTES, f"At most {MAX_REQUEST_BYTES} bytes")
    for message in messages:
        _check_message(message)


def _check_message(message: Any) -> None:
    check(message.data or message.attributes, "A message needs data or attributes")
    check(len(message.attributes) <= MAX_ATTRIBUTES, f"At most {MAX_ATTRIBUTES} attributes")
    for key, value in message.attributes.items():
        check(key and len(key.encode()) <= MAX_KEY_BYTES, f"1 to {MAX_KEY_BYTES} bytes of key")
        check(len(value.encode()) <= MAX_VALUE_BYTES, f"At most {MAX_VALUE_BYTES} bytes of value")
