"""Rows for which BigQuery refuses a whole request without naming them."""

from collections import Counter

import grpc
import pytest

from flex_template.bigquery.group_commit.retry import AppendError
from flex_template.bigquery.group_commit.writer import TableWriter
from local.bigquery.write_server import BigQueryWriteServer, Fault, abort, choke_on, respond
from tests.flex_template.bigquery.group_commit.appending import Bundle, stored

WORDS = "Cannot convert value to TIMESTAMP"


def poison(bigquery: BigQueryWriteServer, *numbers: int) -> None:
    """From now on a request that holds one of these rows is refused as a whole."""
    bigquery.fault = lambda: choke_on(lambda row: row["number"] in numbers, WORDS)


def test_one_poison_row_among_a_thousand_is_refused_alone(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    poison(bigquery, 617)
    bundle.append(*range(1_000))
    bundle.flush()
    assert bundle.refused == {617: WORDS}
    assert stored(bigquery) == Counter(set(range(1_000)) - {617})
    assert bigquery.requests < 30


@pytest.mark.parametrize("numbers", [(0, 999), tuple(range(0, 1_000, 7)), tuple(range(500))])
def test_many_poison_rows_are_found_too(
    bigquery: BigQueryWriteServer, bundle: Bundle, numbers: tuple[int, ...]
) -> None:
    poison(bigquery, *numbers)
    bundle.append(*range(1_000))
    bundle.flush()
    assert bundle.refused == dict.fromkeys(numbers, WORDS)
    assert stored(bigquery) == Counter(set(range(1_000)) - set(numbers))


@pytest.mark.parametrize("answer", [respond, abort])
def test_a_thousand_rows_of_which_none_is_taken_are_the_tables_fault(
    bigquery: BigQueryWriteServer, bundle: Bundle, answer: type
) -> None:
    bigquery.fault = lambda: answer(grpc.StatusCode.INVALID_ARGUMENT, "schema mismatch")
    bundle.append(*range(1_000))
    with pytest.raises(AppendError, match="INVALID_ARGUMENT: schema mismatch"):
        bundle.flush()
    assert (bundle.refused, bigquery.count) == ({}, 0)
    assert bigquery.requests < 100


def test_a_lone_row_that_is_refused_fails_its_bundle(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    poison(bigquery, 1)
    bundle.append(1)
    with pytest.raises(AppendError, match=WORDS):
        bundle.flush()
    assert bundle.refused == {}


def test_a_lone_row_is_refused_once_another_bundles_row_is_taken(
    bigquery: BigQueryWriteServer, writer: TableWriter
) -> None:
    lone, other = Bundle(writer), Bundle(writer)

    def poison_and_company() -> Fault:
        if bigquery.requests == 2:
            other.append(2)
        return choke_on(lambda row: row["number"] == 1, WORDS)

    bigquery.fault = poison_and_company
    lone.append(1)
    lone.flush()
    other.flush()
    assert (lone.refused, other.refused) == ({1: WORDS}, {})
    assert stored(bigquery) == Counter([2])


def test_poison_returns_to_its_own_bundle(
    bigquery: BigQueryWriteServer, writer: TableWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flex_template.bigquery.group_commit.streams.MAX_IN_FLIGHT", 1)
    monkeypatch.setattr("flex_template.bigquery.group_commit.streams.MAX_STREAMS", 1)
    poison(bigquery, 5, 13)
    bundles = [Bundle(writer) for _ in range(4)]
    for number, bundle in enumerate(bundles):
        bundle.append(*range(number * 4, number * 4 + 4))
    for bundle in bundles:
        bundle.flush()
    assert [set(bundle.refused) for bundle in bundles] == [set(), {5}, set(), {13}]
    assert stored(bigquery) == Counter(set(range(16)) - {5, 13})
