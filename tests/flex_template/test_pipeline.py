"""From messages to rows, or to a bundle that fails as a whole."""

from datetime import UTC, datetime

import grpc
import orjson
import pytest

from local.bigquery.write_server import BigQueryWriteServer, abort, refuse, respond
from schemas import table_schema
from tests.flex_template.runs import EVENT, PUBLISHED, message, numbered, run

PUBLISHED_AT = datetime.fromtimestamp(PUBLISHED // 1_000_000, UTC)
RECEIVED_AT = "2026-11-18T11:06:39.5Z"
SESSION = "0193a5c2-7f3e-7d10-9a4b-2c6f8e1d0b36"


def test_an_event_becomes_a_row_with_every_column(bigquery: BigQueryWriteServer) -> None:
    attributes = {"received_at": RECEIVED_AT, "request_id": "3f6c.a-b_1"}
    event = {**EVENT, "schema_version": 2, "session_id": SESSION}
    run([message(orjson.dumps(event), attributes, "42")])
    assert bigquery.rows == {
        "events": [
            {
                **event,
                "timestamp": datetime(2026, 11, 1, 11, 0, 0, 123456, UTC),
                "event_details": '{"dwell_ms":5120}',
                "received_at": datetime.fromisoformat(RECEIVED_AT),
                "published_at": PUBLISHED_AT,
                "message_id": "42",
                "request_id": "3f6c.a-b_1",
                "session_id": SESSION,
            }
        ]
    }


def test_an_attribute_that_is_no_request_id_is_not_stored(bigquery: BigQueryWriteServer) -> None:
    texts = ["", "a b", "a\0", "a" * 65, "\u00e9", "a\n", "a.valid-1"]
    run([message(orjson.dumps(EVENT), {"request_id": text}, repr(text)) for text in texts])
    stored = {row["message_id"]: row["request_id"] for row in bigquery.rows["events"]}
    assert stored == dict.fromkeys(map(repr, texts)) | {"'a.valid-1'": "a.valid-1"}


def test_an_event_without_an_id_gets_the_same_one_at_each_delivery(
    bigquery: BigQueryWriteServer,
) -> None:
    data = orjson.dumps({key: value for key, value in EVENT.items() if key != "event_id"})
    run([message(data, message_id="a"), message(data, message_id="a"), message(data)])
    first, again, other = (row["event_id"] for row in bigquery.rows["events"])
    assert first == again != other


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


def test_every_row_has_the_columns_of_its_schema_file(bigquery: BigQueryWriteServer) -> None:
    run(numbered([orjson.dumps(EVENT), b"{"]))
    for table, (row,) in bigquery.rows.items():
        assert list(row) == [field["name"] for field in table_schema(table)]
    assert bigquery.rows.keys() == {"events", "dead_letters"}
