"""What is counted and measured."""

from datetime import UTC, datetime

import grpc
import orjson
import pytest

from local.bigquery.write_server import BigQueryWriteServer, respond, succeed
from tests.flex_template.runs import EVENT, counters, distributions, message, numbered, run

RECEIVED_AT = "2026-11-18T11:06:39.5Z"


def test_outcomes_batches_and_latencies_are_measured(bigquery: BigQueryWriteServer) -> None:
    received = {"received_at": RECEIVED_AT}
    good = [message(orjson.dumps(EVENT), received, str(n)) for n in range(4_100)]
    bad = numbered([b"", b"{", b"}", b"{}"])
    bigquery.faults = [succeed, respond(grpc.StatusCode.UNAVAILABLE, "once")]
    result = run([*good, *bad])
    assert counters(result) == {
        "events": 4_100,
        "dead_letters": 4,
        "dead_letters_empty_payload": 1,
        "dead_letters_malformed_json": 2,
        "dead_letters_missing_field": 1,
        "append_retries": 1,
    }
    measured = distributions(result)
    assert measured.keys() == {
        "bundle_rows",
        "append_rows",
        "append_bytes",
        "bytes_in_flight",
        "wait_milliseconds",
        "append_milliseconds",
        "end_to_end_latency_milliseconds",
    }
    events, of_dead_letters = measured["bundle_rows"]
    assert (events.sum, events.count, of_dead_letters.sum) == (4_100, 1, 4)
    rows, _ = measured["append_rows"]
    assert (rows.sum, rows.count, rows.min, rows.max) == (4_100, 3, 100, 2_000)
    assert [each.count for each in measured["append_bytes"]] == [3, 1]
    assert sorted(each.count for each in measured["append_milliseconds"]) == [1, 3]
    assert [each.count for each in measured["wait_milliseconds"]] == [1, 1]
    assert all(each.min > 0 for each in measured["bytes_in_flight"])
    since = datetime.now(UTC) - datetime.fromisoformat(RECEIVED_AT)
    (latency,) = measured["end_to_end_latency_milliseconds"]
    assert latency.count == 1
    assert latency.max == pytest.approx(since.total_seconds() * 1000, abs=60_000)
