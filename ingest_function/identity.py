"""The step between validation and publishing: an event gets its id, and its user a pseudonym."""

import hmac
from collections.abc import Mapping
from typing import Any

from ingest_function.uuid7 import uuid7


def with_identity(fields: Mapping[str, Any], user_id_key: bytes) -> dict[str, Any]:
    """The event as it leaves the edge: with `event_id`, and with a pseudonym if there is a key."""
    identified = {**fields}
    if "event_id" not in identified:
        identified["event_id"] = uuid7()
    if user_id_key:
        identified["user_id"] = _pseudonym(identified["user_id"], user_id_key)
    return identified


def _pseudonym(user_id: str, key: bytes) -> str:
    return hmac.digest(key, user_id.encode(), "sha256").hex()
