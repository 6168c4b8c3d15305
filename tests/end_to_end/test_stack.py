"""What the stack creates, and that `make run` notices what it did not send."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from local.names import DATASET, TOPIC
from local.process import StackError
from local.report import events_table
from local.run import run
from local.stack import Stack
from schemas import TABLES, table_schema


@pytest.mark.parametrize(
    ("name", "partition_column", "clustering"),
    [
        ("events", "timestamp", ["user_id", "signal_type"]),
        ("dead_letters", "failed_at", ["stage", "error_code"]),
        ("replays", "replayed_at", ["dead_letter_id"]),
    ],
)
def test_a_table_is_partitioned_by_day_and_clustered(
    stack: Stack, name: str, partition_column: str, clustering: list[str]
) -> None:
    table = stack.bigquery.get_table(f"{DATASET}.{name}")

    assert table.time_partitioning.type_ == "DAY"
    assert table.time_partitioning.field == partition_column
    assert table.clustering_fields == clustering


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_columns_of_its_schema(stack: Stack, name: str) -> None:
    fields = stack.bigquery.get_table(f"{DATASET}.{name}").schema

    assert [(field.name, field.mode) for field in fields] == [
        (field["name"], field["mode"]) for field in table_schema(name)
    ]


def test_run_fails_when_more_is_stored_than_it_sent(stack: Stack) -> None:
    stack.publisher.publish(topic=TOPIC, messages=[{"data": b"from someone else"}])

    with pytest.raises(StackError, match="stored are not those sent"):
        run(stack, Console(file=io.StringIO()))


def test_a_table_of_rows_shows_the_first_and_says_how_many_there_are() -> None:
    now = datetime.now(UTC)
    row = dict.fromkeys(("event_id", "user_id", "signal_type", "source_platform"), "x")
    table = events_table([row | {"received_at": now, "seen": now}] * 101)

    assert (table.title, table.row_count) == ("Rows in events, the first 100 of 101", 100)
