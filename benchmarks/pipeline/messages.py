"""Pub/Sub messages as Dataflow hands them over: serialized, about 390 bytes of JSON in each.

A thousand distinct ones repeat, so that making them costs nothing while the clock runs and a
million of them need no memory.
"""

import uuid
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import orjson
from google.pubsub_v1.types import PubsubMessage

DISTINCT = 1_000
PUBLISHED = 1_795_000_000  # 2026-11-18T11:06:40Z
BAD_PAYLOADS = [
    b"\xff\xfe not UTF-8",
    b'{"user_id": "user-1",',
    b'{"user_id": "user-1", "signal_type": "page_view", "colour": 7}',
    b'{"user_id": "", "timestamp": "yesterday", "signal_type": "X", "source_platform": "web"}',
]


def serialized(count: int, bad_percent: int = 0) -> Iterator[bytes]:
    """`count` serialized `PubsubMessage`s, of which `bad_percent` of a hundred become dead letters.

    The faults are of four kinds: not UTF-8, not JSON, fields missing and unknown, values invalid.
    """
    distinct = [_message(number, payload(number, bad_percent)) for number in range(DISTINCT)]
    # A runner hands over a fresh object for each; the same ones again would stay in the cache.
    return (bytes(memoryview(each)) for each in islice(cycle(distinct), count))


def payload(number: int, bad_percent: int = 0) -> bytes:
    """The data of one message."""
    if number % 100 < bad_percent:
        return BAD_PAYLOADS[number % len(BAD_PAYLOADS)]
    return orjson.dumps(_event(number))


def _event(number: int) -> dict[str, Any]:
    return {
        "event_id": str(uuid.UUID(int=number + (7 << 76) + (2 << 62))),
        "schema_version": 1,
        "user_id": f"user-{number:06}",
        "timestamp": f"2026-11-18T11:{number % 6:02}:{number % 60:02}.{number:06}Z",
        "signal_type": "page_view",
        "source_platform": "chrome_extension",
        "flag_type": "doom_scrolling",
        "confidence": number / DISTINCT,
        "topic_category": "news",
        "event_details": {
            "url": f"https://news.example/articles/{number}",
            "title": "What a long evening of scrolling does to sleep",
            "dwell_ms": 5_000 + number,
        },
    }


def _message(number: int, data: bytes) -> bytes:
    attributes = {
        "event_id": str(uuid.UUID(int=number)),
        "schema_version": "1",
        "received_at": "2026-11-18T11:06:39.900000Z",
        "request_id": str(uuid.UUID(int=number)),
    }
    message = PubsubMessage(
        data=data,
        attributes=attributes,
        message_id=str(10**16 + number),
        publish_time={"seconds": PUBLISHED},
    )
    return PubsubMessage.serialize(message)  # type: ignore[no-any-return]
