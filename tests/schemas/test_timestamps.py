"""Timestamps become microseconds since the epoch, and must lie near the server's clock."""

from calendar import timegm
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ErrorCode, InvalidEvent, Limits, parse_timestamp, validate
from tests.schemas.generated import VALID

DAY = 86_400_000_000
NOW = timegm((2026, 11, 20, 0, 0, 0)) * 1_000_000


@given(
    day=st.dates(date(2, 1, 1), date(9998, 12, 31)),
    clock=st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59)),
    fraction=st.text("0123456789", max_size=9),
    offset=st.tuples(st.sampled_from("+-"), st.integers(0, 23), st.integers(0, 59)) | st.none(),
    lower=st.booleans(),
)
def test_a_timestamp_is_microseconds_since_the_epoch(
    day: date,
    clock: tuple[int, int, int],
    fraction: str,
    offset: tuple[str, int, int] | None,
    lower: bool,  # noqa: FBT001 - Hypothesis passes it by name
) -> None:
    zone = "Z" if offset is None else "{}{:02}:{:02}".format(*offset)
    dot = "." if fraction else ""
    text = f"{day}T{clock[0]:02}:{clock[1]:02}:{clock[2]:02}{dot}{fraction}{zone}"
    seconds = timegm((day.year, day.month, day.day, *clock)) - ahead_of_utc(offset)
    expected = seconds * 1_000_000 + int(fraction[:6].ljust(6, "0"))
    assert parse_timestamp(text.lower() if lower else text) == expected


def ahead_of_utc(offset: tuple[str, int, int] | None) -> int:
    sign, hours, minutes = offset or ("+", 0, 0)
    return int(f"{sign}1") * (hours * 60 + minutes) * 60


def code_at(timestamp: str, limits: Limits) -> ErrorCode | None:
    try:
        validate({**VALID, "timestamp": timestamp}, now=NOW, limits=limits)
    except InvalidEvent as refusal:
        return refusal.errors[0].code
    return None


@pytest.mark.parametrize(
    ("timestamp", "code"),
    [
        ("2026-11-13T00:00:00Z", None),
        ("2026-11-12T23:59:59.999999Z", ErrorCode.TIMESTAMP_TOO_OLD),
        ("2026-11-21T00:00:00Z", None),
        ("2026-11-21T00:00:00.000001Z", ErrorCode.TIMESTAMP_IN_FUTURE),
        ("2026-11-21T05:30:00+05:30", None),
        ("2026-11-20T18:30:00.000001-05:30", ErrorCode.TIMESTAMP_IN_FUTURE),
    ],
)
def test_a_timestamp_is_accepted_up_to_the_limits_and_not_beyond(
    timestamp: str, code: ErrorCode | None
) -> None:
    assert code_at(timestamp, Limits.of_days(7)) == code


def test_limits_are_given_in_days_and_kept_in_microseconds() -> None:
    assert Limits.of_days(0.5, 2) == (DAY // 2, 2 * DAY)


def test_a_timestamp_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset"):
        parse_timestamp("2026-11-01T12:00:00")
