"""What a lost answer or a redelivery stores twice, the deduplicated view shows once."""

from collections import Counter
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from flex_template.bigquery.arrow import arrow_schema
from flex_template.message import Message
from local.bigquery.write_server import BigQueryWriteServer, lose_answer
from schemas import deduplicated_view
from tests.flex_template.runs import EVENT, PUBLISHED, message, numbered, run


def event(number: int) -> bytes:
    return orjson.dumps(EVENT | {"event_id": f"0193a5c2-7f3e-7d10-9a4b-{number:012x}"})


def in_the_view(bigquery: BigQueryWriteServer) -> list[dict[str, Any]]:
    """The view over the stored rows; DuckDB has BigQuery's window functions, not its backticks."""
    table = pa.Table.from_pylist(bigquery.rows["events"], arrow_schema("events"))
    with duckdb.connect() as connection:
        connection.register("events", table)
        sql = deduplicated_view("events").replace("`", '"')
        return connection.sql(sql).to_arrow_table().to_pylist()  # type: ignore[no-any-return]


def test_a_lost_answer_stores_a_batch_twice_and_the_view_shows_it_once(
    bigquery: BigQueryWriteServer,
) -> None:
    bigquery.faults = [lose_answer(bigquery)]
    run(numbered(map(event, range(10))))
    stored = Counter(row["event_id"] for row in bigquery.rows["events"])
    assert set(stored.values()) == {2}
    assert len(in_the_view(bigquery)) == len(stored) == 10


def test_a_redelivered_bundle_is_stored_twice_and_the_view_shows_it_once(
    bigquery: BigQueryWriteServer,
) -> None:
    messages = numbered(map(event, range(10)))
    run(messages)
    run(messages)
    assert bigquery.count == 20
    shown = in_the_view(bigquery)
    assert sorted(row["message_id"] for row in shown) == [str(number) for number in range(10)]


def test_a_retry_of_the_client_is_shown_as_first_published(bigquery: BigQueryWriteServer) -> None:
    later = Message(event(1), {}, "2", PUBLISHED + 1)
    run([later, message(event(1), message_id="9"), message(event(1), message_id="1")])
    (shown,) = in_the_view(bigquery)
    assert shown["message_id"] == "1"


def test_a_dead_letter_stored_twice_has_one_id(bigquery: BigQueryWriteServer) -> None:
    bigquery.faults = [lose_answer(bigquery)]
    run([message(b"{")])
    first, second = bigquery.rows["dead_letters"]
    assert first["dead_letter_id"] == second["dead_letter_id"]
