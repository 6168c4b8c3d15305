"""The age of an event counts from its reception or, replayed, from its first publication."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from flex_template.replayed import limits_at
from flex_template.steps import validate_document
from local.bigquery.write_server import BigQueryWriteServer
from schemas import InvalidEvent, Limits
from tests.flex_template.runs import EVENT, PUBLISHED, message, run

DAY = 24 * 60 * 60 * 1_000_000


def test_an_event_that_was_young_enough_when_first_published_is_valid() -> None:
    document = EVENT | {"timestamp": "2025-11-12T00:00:00Z"}
    attributes = {"originally_published_at": "2026-11-10T00:00:00Z"}
    replayed = message(b"", attributes)
    assert validate_document(replayed, document, Limits.of_days(365)).fields == document
    with pytest.raises(InvalidEvent):
        validate_document(message(b""), document, Limits.of_days(365))


def test_an_event_beyond_bigquerys_oldest_partition_stays_refused(
    bigquery: BigQueryWriteServer,
) -> None:
    waiting = orjson.dumps(EVENT | {"timestamp": "2016-11-15T00:00:00Z"})
    run([message(waiting, {"originally_published_at": "2026-11-10T00:00:00Z"})])
    assert bigquery.rows.keys() == {"dead_letters"}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-11-08T11:06:40Z", 375),
        ("1970-01-01T00:00:00Z", 3650),
        ("2027-01-01T00:00:00Z", 365),
        ("yesterday", 365),
        ("", 365),
        ("0001-01-01T00:00:00+23:59", 3650),
    ],
)
def test_only_a_time_in_the_past_extends_the_limit(text: str, days: int) -> None:
    found = limits_at(Limits.of_days(365), {"originally_published_at": text}, PUBLISHED)
    assert found.max_age // DAY == days


@pytest.mark.parametrize(
    ("received_before", "judged_before"),
    [(1, 1), (3600, 3600), (3601, 0), (-1, 0), (10**9, 0)],
)
def test_an_age_is_judged_when_the_edge_received_the_event_if_that_is_plausible(
    received_before: int, judged_before: int
) -> None:
    received = datetime.fromtimestamp(PUBLISHED / 1e6 - received_before, UTC).isoformat()
    found = limits_at(Limits.of_days(365), {"received_at": received}, PUBLISHED)
    assert found.max_age == 365 * DAY + judged_before * 1_000_000


def test_what_the_edge_took_at_the_limit_is_a_row(bigquery: BigQueryWriteServer) -> None:
    at_the_limit = datetime.fromtimestamp(PUBLISHED / 1e6 - 3, UTC) - timedelta(days=365)
    received = datetime.fromtimestamp(PUBLISHED / 1e6 - 3, UTC).isoformat()
    event = orjson.dumps(EVENT | {"timestamp": at_the_limit.isoformat()})
    run([message(event, {"received_at": received})])
    assert bigquery.rows.keys() == {"events"}
