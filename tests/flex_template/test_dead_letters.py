"""What a dead letter holds, whatever refused the message."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from local.bigquery.write_server import BigQueryWriteServer, refuse
from schemas import __version__
from tests.flex_template import runs
from tests.flex_template.runs import EVENT, PUBLISHED, counters, message, numbered, run

Row = dict[str, Any]
PUBLISHED_AT = datetime.fromtimestamp(PUBLISHED // 1_000_000, UTC)


def dead_letters(bigquery: BigQueryWriteServer) -> list[Row]:
    return bigquery.rows.get("dead_letters", [])


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
        "subscription": runs.ORIGIN.source,
        "destination_table": runs.ORIGIN.destination_table,
        "job_name": "job-1",
        "pipeline_version": __version__,
        "replay_attempt": 3,
    }


def test_each_stage_names_itself_and_keeps_the_bytes(bigquery: BigQueryWriteServer) -> None:
    event = orjson.dumps(EVENT)
    run(
        [
            message(b"", {"only": "attributes"}, "0"),
            message(b"\xff\x00", message_id="1"),
            message(b"{oops", message_id="2"),
            message(b"{}", message_id="3"),
            message(event, {"received_at": "yesterday"}, "4"),
            message(event, {"received_at": "2038-01-01T00:00:00Z"}, "5"),
        ]
    )
    columns = ("message_id", "stage", "error_code", "exception_class", "payload", "payload_text")
    assert sorted(tuple(map(letter.get, columns)) for letter in dead_letters(bigquery)) == [
        ("0", "decode", "empty_payload", "JSONDecodeError", b"", ""),
        ("1", "decode", "not_utf8", "UnicodeDecodeError", b"\xff\x00", None),
        ("2", "parse", "malformed_json", "JSONDecodeError", b"{oops", "{oops"),
        ("3", "validate", "missing_field", "InvalidEvent", b"{}", "{}"),
        ("4", "convert", "invalid_attribute", "InvalidEvent", event, event.decode()),
        ("5", "convert", "invalid_attribute", "InvalidEvent", event, event.decode()),
    ]
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
def test_the_largest_messages_of_pubsub_are_kept_whole(
    bigquery: BigQueryWriteServer, data: bytes, attributes: dict[str, str]
) -> None:
    run([message(data, attributes)])
    (letter,) = dead_letters(bigquery)
    assert letter["payload"] == data
    assert not letter["truncated"]
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


def test_a_line_larger_than_any_request_keeps_its_beginning(bigquery: BigQueryWriteServer) -> None:
    data = b"[" * 21_000_000
    run([message(data)])
    (letter,) = dead_letters(bigquery)
    assert data.startswith(letter["payload"])
    assert (letter["truncated"], letter["payload_size"]) == (True, len(data))
    assert len(letter["payload"]) > 19_000_000
