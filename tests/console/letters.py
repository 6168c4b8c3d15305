"""What a console has to show: weeks of events, three faults, and values that mean harm."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas import ErrorCode, InvalidEvent, event_columns, now_micros, validate
from schemas.quarantine import quarantine_attributes
from tests.warehouse import dead_letter

MINUTE = 60 * 1_000_000
DAY = 24 * 60 * MINUTE
TOPICS = ("news", "politics", "sports", "music", None)
PLATFORMS = ("chrome_extension", "web", "android")
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=alert(1)>\u202e\x1b[31m\x07"


def event(**fields: Any) -> bytes:
    now = datetime.now(UTC) - timedelta(minutes=1)
    base = {
        "user_id": "user-1",
        "timestamp": now.isoformat(),
        "signal_type": "page_view",
        "source_platform": "chrome_extension",
    }
    return json.dumps(base | fields).encode()


def stored_events() -> list[tuple[Any, ...]]:
    """Twenty days of five users, busier from day to day."""
    now = now_micros()
    return [
        _event(number, now - day * DAY - number * MINUTE, number % 5)
        for day in range(20)
        for number in range(7 - day // 4)
    ]


def _event(number: int, moment: int, user: int) -> tuple[Any, ...]:
    return stored_row(
        moment,
        user_id=f"user-{user}",
        source_platform=PLATFORMS[number % 3],
        flag_type="doom_scrolling" if number % 4 == 0 else None,
        confidence=0.8 if number % 4 == 0 else None,
        topic_category=TOPICS[number % 5],
        message_id=f"{moment}-{number}",
    )


def stored_row(moment: int, **fields: Any) -> tuple[Any, ...]:
    """A row of `events`, observed at `moment` (microseconds since the Unix epoch)."""
    base = {
        "event_id": f"0193a5c2-7f3e-7d10-9a4b-{moment % 10**12:012d}",
        "schema_version": 1,
        "user_id": "user-1",
        "timestamp": moment,
        "signal_type": "page_view",
        "source_platform": "web",
        "received_at": moment + 500,
        "published_at": moment + 9_000,
        "message_id": str(moment),
        "request_id": f"request-{moment}",
    }
    values = base | fields
    return tuple(values.get(column.name) for column in event_columns())


def broken_release() -> list[tuple[Any, ...]]:
    """Refused at the edge: two kinds that jq mends, one it does not; and a hostile message."""
    mended = [refused("confidence", "0.9", ErrorCode.WRONG_TYPE, n) for n in range(1, 7)]
    spelt = [refused("signal_type", "Page View", ErrorCode.WRONG_FORMAT, n) for n in range(4)]
    hopeless = refused("confidence", "high", ErrorCode.WRONG_TYPE, 0)
    hostile = dead_letter(
        json.dumps({"user_id": HOSTILE}).encode(),
        {HOSTILE[:60]: HOSTILE, "request_id": HOSTILE},
        path=f"/{HOSTILE}",
        code=ErrorCode.UNKNOWN_FIELD,
        message=HOSTILE,
    )
    binary = dead_letter(
        b"\x00\xff\xfe" * 200, code=ErrorCode.NOT_UTF8, message="byte 1 is not UTF-8"
    )
    return [*mended, *spelt, hopeless, hostile, binary]


def refused(field: str, value: str, code: ErrorCode, number: int) -> tuple[Any, ...]:
    event_with_fault = json.loads(event(**{field: value, "user_id": f"user-{number}"}))
    with pytest.raises(InvalidEvent) as refusal:
        validate(event_with_fault, now=now_micros())
    error = refusal.value.errors[0]
    assert error[:2] == (code, f"/{field}")
    return dead_letter(
        json.dumps(event_with_fault).encode(),
        quarantine_attributes([error]) | {"request_id": f"broken-{number}"},
        code=code,
        path=error.path,
        message=error.message,
        failed_at=now_micros() - (number + 1) * 7_000_000,
    )
