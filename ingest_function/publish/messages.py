"""Events as Pub/Sub messages, in the encoding of one `Publish` request."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from google.pubsub_v1.types import PublishRequest

from ingest_function.uuid7 import uuid7

_PublishRequest = PublishRequest.pb()


def encode_messages(
    events: Sequence[dict[str, Any]], *, user_id_key: bytes, received_at: int, request_id: str
) -> bytes:
    """A serialized `PublishRequest` of messages alone; events without `event_id` are given it.

    Serialized protobufs that are joined end to end decode as one, with their repeated fields in
    order: so each request's messages are encoded once, whichever call takes them along.
    `received_at` is in microseconds since the Unix epoch.
    """
    request = _PublishRequest()
    received = datetime.fromtimestamp(received_at / 1_000_000, UTC)
    received_text = f"{received.isoformat(timespec='microseconds')[:-6]}Z"
    for fields in events:
        if "event_id" not in fields:
            fields["event_id"] = uuid7()
        if user_id_key:
            fields["user_id"] = _pseudonym(fields["user_id"], user_id_key)
        message = request.messages.add()
        message.data = orjson.dumps(fields)
        attributes = message.attributes
        attributes["event_id"] = fields["event_id"]
        attributes["schema_version"] = str(int(fields.get("schema_version", 1)))
        attributes["received_at"] = received_text
        attributes["request_id"] = request_id
    encoded: bytes = request.SerializeToString()
    return encoded


def _pseudonym(user_id: str, key: bytes) -> str:
    return hmac.digest(key, user_id.encode(), "sha256").hex()
