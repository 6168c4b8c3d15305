"""Rows that BigQuery refuses, and the rest of their batch."""

from collections import Counter

import pytest

from local.bigquery.write_server import (
    BigQueryWriteServer,
    refuse,
    succeed,
)
from tests.flex_template.bigquery.group_commit.appending import Bundle, stored

pytestmark = pytest.mark.usefixtures("a_request_each")


def test_a_refused_row_comes_back_with_the_reason_and_the_rest_is_stored(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bigquery.faults = [refuse(lambda row: row["number"] % 2 == 1, "odd")]
    bundle.append(*range(6))
    bundle.flush()
    assert bundle.refused == {1: "odd", 3: "odd", 5: "odd"}
    assert stored(bigquery) == Counter([0, 2, 4])
    assert sorted(bundle.stored) == [0, 2, 4]


def test_rows_refused_in_later_rounds_come_back_too(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bigquery.faults = [
        refuse(lambda row: row["number"] < 2, "first"),
        refuse(lambda row: row["number"] < 3, "second"),
        refuse(lambda row: row["number"] < 4, "third"),
    ]
    bundle.append(*range(6))
    bundle.flush()
    assert bundle.refused == {0: "first", 1: "first", 2: "second", 3: "third"}
    assert stored(bigquery) == Counter([4, 5])


def test_a_batch_refused_as_a_whole_is_not_sent_again(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bigquery.faults = [refuse(lambda _: True, "all")]
    bundle.append(1, 2)
    bundle.flush()
    assert bundle.refused == {1: "all", 2: "all"}
    assert (bigquery.requests, bigquery.count) == (1, 0)


def test_refusals_do_not_disturb_the_batches_in_flight(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    odd = refuse(lambda row: row["number"] % 2 == 1, "odd")
    bigquery.faults = [succeed, odd, succeed, odd]
    for number in range(0, 20, 2):
        bundle.append(number, number + 1)
    bundle.flush()
    assert bundle.refused == {3: "odd", 7: "odd"}
    assert stored(bigquery) == Counter(set(range(20)) - {3, 7})
