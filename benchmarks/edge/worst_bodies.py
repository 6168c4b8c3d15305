"""The most expensive requests of 1 MiB that a stranger can send, one of each kind."""

import gzip
from datetime import UTC, datetime
from typing import Any

import orjson

EVENTS = 500


def worst_bodies() -> dict[str, tuple[bytes, dict[str, str]]]:
    """Bodies and their headers by what makes them expensive."""
    good: dict[str, Any] = {
        "user_id": "u",
        "timestamp": datetime.now(UTC).isoformat(),
        "signal_type": "page_view",
        "source_platform": "chrome",
    }
    wrong: dict[str, Any] = {name: [] for name in [*good, "event_id", "flag_type", "confidence"]}
    unknown: dict[str, Any] = {f"u{number}": [] for number in range(20)}
    batches: dict[str, list[Any]] = {
        "long texts": [{**good, "event_details": {"text": "x" * 1900}}] * EVENTS,
        "details full of []": [{**good, "event_details": {"a": [[]] * 130}}] * EVENTS,
        "details full of integers": [{**good, "event_details": {"a": [2**52] * 110}}] * EVENTS,
        "every field wrong": [{**wrong, **unknown}] * EVENTS,
        "60,000 unknown fields": [{**good, **{f"u{number:05}": 1 for number in range(60_000)}}],
        "long user ids": [{**good, "user_id": "u" * 1900}] * EVENTS,
        "200 levels": [{**good, "user_id": _nested(200)}] * 300,
        "control characters": [{**good, "event_details": {"a": "\x01" * 10_000}}] * 16,
    }
    found: dict[str, tuple[bytes, dict[str, str]]] = {
        name: (orjson.dumps(batch), {}) for name, batch in batches.items()
    }
    found["only brackets"] = (b"[" + b"[]," * 340_000 + b"[]]", {})
    packed = gzip.compress(orjson.dumps(batches["every field wrong"]))
    found[f"the same, {len(packed):,} bytes of gzip"] = (packed, {"Content-Encoding": "gzip"})
    return found


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value
