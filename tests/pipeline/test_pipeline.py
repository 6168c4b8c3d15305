"""From messages to rows and dead letters, with everything that is counted on the way."""

import hashlib
import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import grpc
import orjson
import pytest

from schemas import __version__, table_schema
from tests.doubles.bigquery_write import BigQueryWriteServer, abort, refuse, respond, succeed
from tests.pipeline import runs
from tests.pipeline.runs import EVENT, PUBLISHED, counters, distributions, message, numbered, run

Row = dict[str, Any]
PUBLISHED_AT = datetime.fromtimestamp(PUBLISHED // 1_000_000, UTC)
RECEIVED_AT = "2026-11-18T11:06:39.5Z"


def dead_letters(bigquery: BigQueryWriteServer) -> list[Row]:
    return bigquery.rows.get("dead_letters", [])


def test_an_event_becomes_a_row_with_every_column(bigquery: BigQueryWriteServer) -> None:
    run([message(orjson.dumps(EVENT), {"received_at": RECEIVED_AT}, "42")])
    assert bigquery.rows == {
        "events": [
            {
                **EVENT,
                "timestamp": datetime(2026, 11, 1, 11, 0, 0, 123456, UTC),
                "event_details": '{"dwell_ms":5120}',
                "received_at": datetime.fromisoformat(RECEIVED_AT),
                "published_at": PUBLISHED_AT,
                "message_id": "42",
            }
        ]
    }


def test_an_event_without_an_id_gets_the_same_one_at_each_delivery(
    bigquery: BigQueryWriteServer,
) -> None:
    data = orjson.dumps({key: value for key, value in EVENT.items() if key != "event_id"})
    run([message(data, message_id="a"), message(data, message_id="a"), message(data)])
    first, again, other = (row["event_id"] for row in bigquery.rows["events"])
    assert first == again != other


def test_a_dead_letter_holds_all_that_is_known(bigquery: BigQueryWriteServer) -> None:
    data = orjson.dumps(EVENT | {"confidence": 2, "unknown": 1})
    attributes = {"event_id": "e", "schema_version": "1", "replay_attempt": "3", "k\u00e9y": "v"}
    before = datetime.now(UTC)
    run([message(data, attributes, "42")])
    (letter,) = dead_letters(bigquery)
    assert before <= letter.pop("failed_at") <= datetime.now(UTC)
    assert json.loads(letter.pop("attributes")) == attributes
    assert json.loads(letter.pop("errors")) == [
        {"code": "out_of_range", "path": "/confidence", "message": "must be at most 1"},
        {
            "code": "unknown_field",
            "path": "/unknown",
            "message": "is not a field of this schema version",
        },
    ]
    assert letter == {
        "dead_letter_id": hashlib.sha256(b"42:validate").hexdigest(),
        "stage": "validate",
        "error_code": "out_of_range",
        "error_message": "must be at most 1",
        "exception_class": "InvalidEvent",
        "payload": data,
        "payload_text": data.decode(),
        "payload_size": len(data),
        "payload_sha256": hashlib.sha256(data).hexdigest(),
        "truncated": False,
        "message_id": "42",
        "published_at": PUBLISHED_AT,
        "event_id": "e",
        "schema_version": "1",
        "subscription": runs.ORIGIN.subscription,
        "destination_table": runs.ORIGIN.destination_table,
        "job_name": "job-1",
        "pipeline_version": __version__,
        "replay_attempt": 3,
    }


@pytest.mark.parametrize(
    ("data", "attributes", "expected"),
    [
        (b"", {"only": "attributes"}, ("decode", "empty_payload", "JSONDecodeError")),
        (b"\xff\x00", {}, ("decode", "not_utf8", "UnicodeDecodeError")),
        (b"{oops", {}, ("parse", "malformed_json", "JSONDecodeError")),
        (b"{}", {}, ("validate", "missing_field", "InvalidEvent")),
        (
            orjson.dumps(EVENT),
            {"received_at": "yesterday"},
            ("convert", "invalid_attribute", "InvalidEvent"),
        ),
        (
            orjson.dumps(EVENT),
            {"received_at": "2038-01-01T00:00:00Z"},
            ("convert", "invalid_attribute", "InvalidEvent"),
        ),
    ],
)
def test_each_stage_names_itself_and_keeps_the_bytes(
    bigquery: BigQueryWriteServer,
    data: bytes,
    attributes: dict[str, str],
    expected: tuple[str, str, str],
) -> None:
    run([message(data, attributes)])
    (letter,) = dead_letters(bigquery)
    assert (letter["stage"], letter["error_code"], letter["exception_class"]) == expected
    assert letter["payload"] == data
    assert letter["payload_text"] == (None if b"\xff" in data else data.decode())
    assert "events" not in bigquery.rows


def test_a_row_that_bigquery_refuses_becomes_a_dead_letter_with_its_reason(
    bigquery: BigQueryWriteServer,
) -> None:
    payloads = [orjson.dumps(EVENT | {"user_id": f"user-{n}"}) for n in range(5)]
    bigquery.faults = [refuse(lambda row: row["user_id"] == "user-3", "no such partition")]
    result = run(numbered(payloads))
    (letter,) = dead_letters(bigquery)
    assert (letter["stage"], letter["error_code"]) == ("append", "row_refused")
    assert (letter["error_message"], letter["payload"]) == ("no such partition", payloads[3])
    assert [row["message_id"] for row in bigquery.rows["events"]] == ["0", "1", "2", "4"]
    assert counters(result) == {"events": 4, "dead_letters": 1, "dead_letters_row_refused": 1}


@pytest.mark.parametrize(
    ("data", "attributes"),
    [
        (b"\0" * 9_500_000, {}),
        (b"\xff" * 10_000_000, {}),
        # Pub/Sub's limits of attributes, in the characters that JSON escapes at greatest length.
        (b"[" * 9_850_000, {f"{n:03}".ljust(256, "\x01"): "\x01" * 1024 for n in range(100)}),
        (b'"' * 262_144, {"quoted": '"\\' * 512}),
    ],
    ids=["9.5 MB", "10 MB", "most attributes", "longest text"],
)
def test_the_largest_messages_fit_one_request(
    bigquery: BigQueryWriteServer, data: bytes, attributes: dict[str, str]
) -> None:
    run([message(data, attributes)])
    (letter,) = dead_letters(bigquery)
    assert data.startswith(letter["payload"])
    assert len(letter["payload"]) >= min(len(data), 9_000_000)
    assert letter["truncated"] == (letter["payload"] != data) == (len(data) > 9_500_000)
    assert letter["payload_size"] == len(data)
    assert letter["payload_sha256"] == hashlib.sha256(data).hexdigest()
    assert json.loads(letter["attributes"]) == attributes


def test_nul_in_an_attribute_does_not_make_the_dead_letter_unstorable(
    bigquery: BigQueryWriteServer,
) -> None:
    run([message(b"{", {"a\0": "b\0", "event_id": "\0", "c": "\\u0000"})])
    (letter,) = dead_letters(bigquery)
    expected = {"a\ufffd": "b\ufffd", "event_id": "\ufffd", "c": "\\u0000"}
    assert json.loads(letter["attributes"]) == expected
    assert letter["event_id"] == "\ufffd"


@pytest.mark.parametrize("answer", [respond, abort])
def test_a_missing_table_fails_the_bundle_and_dead_letters_nothing(
    bigquery: BigQueryWriteServer, answer: type
) -> None:
    bigquery.faults = [answer(grpc.StatusCode.NOT_FOUND, "no such table")] * 10
    with pytest.raises(RuntimeError, match=r"tables/events.*NOT_FOUND: no such table"):
        run([message(orjson.dumps(EVENT))])
    assert bigquery.rows == {}


def test_a_dead_letter_that_bigquery_refuses_fails_the_bundle(
    bigquery: BigQueryWriteServer,
) -> None:
    bigquery.faults = [refuse(lambda _: True, "why ever")]
    reason = "BigQuery refuses the dead letter of message 42: why ever"
    with pytest.raises(RuntimeError, match=reason):
        run([message(b"secret payload", message_id="42")])


def test_a_failed_bundle_names_no_payload(
    bigquery: BigQueryWriteServer, caplog: pytest.LogCaptureFixture
) -> None:
    bigquery.faults = [respond(grpc.StatusCode.NOT_FOUND, "no such table")]
    with pytest.raises(RuntimeError) as error:
        run([message(orjson.dumps(EVENT | {"user_id": "secret-user"}))])
    assert "secret-user" not in f"{error.value} {caplog.text}"


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
        "batch_rows",
        "batch_bytes",
        "append_milliseconds",
        "end_to_end_latency_milliseconds",
    }
    rows, of_dead_letters = measured["batch_rows"]
    assert (rows.sum, rows.count, rows.min, rows.max) == (4_100, 3, 100, 2_000)
    assert (of_dead_letters.sum, of_dead_letters.count) == (4, 1)
    assert [each.count for each in measured["batch_bytes"]] == [3, 1]
    assert sorted(each.count for each in measured["append_milliseconds"]) == [1, 3]
    since = datetime.now(UTC) - datetime.fromisoformat(RECEIVED_AT)
    (latency,) = measured["end_to_end_latency_milliseconds"]
    assert latency.count == 3
    assert latency.max == pytest.approx(since.total_seconds() * 1000, abs=60_000)


def test_a_flood_of_dead_letters_is_an_error_in_the_log_and_counted(
    bigquery: BigQueryWriteServer, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = [orjson.dumps(EVENT)] * 10, [b"{"] * 190
    result = run(numbered(good + bad), "--max_dead_letter_share=0.5")
    (flood,) = (record for record in caplog.records if "flood" in record.getMessage())
    assert flood.levelno == logging.ERROR
    assert re.search(r"190 of the last 200 messages", flood.getMessage())
    assert counters(result)["dead_letter_floods"] == 1
    assert bigquery.count == 200


def test_a_share_within_bounds_raises_no_alarm(
    bigquery: BigQueryWriteServer, caplog: pytest.LogCaptureFixture
) -> None:
    result = run(numbered([orjson.dumps(EVENT), b"{"] * 100), "--max_dead_letter_share=0.5")
    assert "flood" not in caplog.text
    assert "dead_letter_floods" not in counters(result)
    assert bigquery.count == 200


def test_every_row_has_the_columns_of_its_schema_file(bigquery: BigQueryWriteServer) -> None:
    run(numbered([orjson.dumps(EVENT), b"{"]))
    for table, (row,) in bigquery.rows.items():
        assert list(row) == [field["name"] for field in table_schema(table)]
    assert bigquery.rows.keys() == {"events", "dead_letters"}
