"""What the sink does when BigQuery refuses, fails, stalls or closes the stream."""

import threading
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import grpc
import pytest

from flex_template.table_writer import MAX_IN_FLIGHT, AppendError
from tests.doubles.bigquery_write import (
    MAX_REQUEST_BYTES,
    BigQueryWriteServer,
    abort,
    close_stream,
    hold,
    lose_answer,
    refuse,
    respond,
    succeed,
)
from tests.pipeline.appending import FAST, Writer, writing

RETRIED = ["UNAVAILABLE", "ABORTED", "INTERNAL", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"]
FATAL = ["NOT_FOUND", "PERMISSION_DENIED", "INVALID_ARGUMENT", "UNAUTHENTICATED"]
IN_FLIGHT = range(MAX_IN_FLIGHT - 1)


@pytest.fixture
def retries() -> list[None]:
    return []


@pytest.fixture
def writer(bigquery: BigQueryWriteServer, retries: list[None]) -> Iterator[Writer]:
    assert bigquery.requests == 0
    with writing(FAST, retries) as writer:
        yield writer


def stored(bigquery: BigQueryWriteServer) -> Counter[int]:
    """How often each row is in the table."""
    return Counter(row["number"] for row in bigquery.rows.get("numbers", []))


def test_rows_are_stored_once_over_one_stream(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None]
) -> None:
    for number in range(20):
        writer.append(2 * number, 2 * number + 1)
    writer.flush()
    assert stored(bigquery) == Counter(range(40))
    assert writer.stored == list(range(40))
    assert (bigquery.streams, bigquery.requests, len(retries)) == (1, 20, 0)


def test_a_refused_row_comes_back_with_the_reason_and_the_rest_is_stored(
    bigquery: BigQueryWriteServer, writer: Writer
) -> None:
    bigquery.faults = [refuse(lambda row: row["number"] % 2 == 1, "odd")]
    writer.append(*range(6))
    writer.flush()
    assert writer.refused == {1: "odd", 3: "odd", 5: "odd"}
    assert stored(bigquery) == Counter([0, 2, 4])
    assert sorted(writer.stored) == [0, 2, 4]


def test_rows_refused_in_later_rounds_come_back_too(
    bigquery: BigQueryWriteServer, writer: Writer
) -> None:
    bigquery.faults = [
        refuse(lambda row: row["number"] < 2, "first"),
        refuse(lambda row: row["number"] < 3, "second"),
        refuse(lambda row: row["number"] < 4, "third"),
    ]
    writer.append(*range(6))
    writer.flush()
    assert writer.refused == {0: "first", 1: "first", 2: "second", 3: "third"}
    assert stored(bigquery) == Counter([4, 5])


def test_a_batch_refused_as_a_whole_is_not_sent_again(
    bigquery: BigQueryWriteServer, writer: Writer
) -> None:
    bigquery.faults = [refuse(lambda _: True, "all")]
    writer.append(1, 2)
    writer.flush()
    assert writer.refused == {1: "all", 2: "all"}
    assert (bigquery.requests, bigquery.count) == (1, 0)


def test_refusals_do_not_disturb_the_batches_in_flight(
    bigquery: BigQueryWriteServer, writer: Writer
) -> None:
    odd = refuse(lambda row: row["number"] % 2 == 1, "odd")
    bigquery.faults = [succeed, odd, succeed, odd]
    for number in range(0, 20, 2):
        writer.append(number, number + 1)
    writer.flush()
    assert writer.refused == {3: "odd", 7: "odd"}
    assert stored(bigquery) == Counter(set(range(20)) - {3, 7})


@pytest.mark.parametrize("code", RETRIED)
def test_a_retryable_answer_is_retried(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None], code: str
) -> None:
    bigquery.faults = [respond(grpc.StatusCode[code], "later"), succeed, succeed]
    for number in range(3):
        writer.append(number)
    writer.flush()
    assert stored(bigquery) == Counter(range(3))
    assert (len(retries), bigquery.streams) == (1, 1)


@pytest.mark.parametrize("code", [*RETRIED, "CANCELLED"])
def test_a_call_that_fails_midway_is_repeated_on_a_new_stream(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None], code: str
) -> None:
    bigquery.faults = [succeed, succeed, abort(grpc.StatusCode[code], "gone")]
    for number in IN_FLIGHT:
        writer.append(number)
    writer.flush()
    assert stored(bigquery).keys() == set(IN_FLIGHT)
    assert sorted(writer.stored) == list(IN_FLIGHT)
    assert (len(retries), bigquery.streams) == (1, 2)


def test_a_stream_that_the_server_closes_again_and_again_is_reopened(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None]
) -> None:
    bigquery.faults = [succeed, succeed, close_stream] * 3
    for number in range(30):
        writer.append(number)
    writer.flush()
    assert stored(bigquery).keys() == set(range(30))
    assert (len(retries), bigquery.streams) == (3, 4)


def test_a_lost_answer_duplicates_at_most_what_was_in_flight(
    bigquery: BigQueryWriteServer, writer: Writer
) -> None:
    bigquery.faults = [succeed, succeed, lose_answer(bigquery)]
    for number in range(50):
        writer.append(number)
    writer.flush()
    assert stored(bigquery).keys() == set(range(50))
    assert max(stored(bigquery).values()) == 2
    assert 1 <= stored(bigquery).total() - 50 < MAX_IN_FLIGHT


def test_a_slow_answer_is_waited_for(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None]
) -> None:
    released = threading.Event()
    bigquery.faults = [hold(released)]
    writer.append(1)
    threading.Timer(0.3, released.set).start()
    writer.flush()
    assert stored(bigquery) == Counter([1])
    assert retries == []


def test_silence_ends_the_call_and_the_rows_are_sent_again(
    bigquery: BigQueryWriteServer, retries: list[None]
) -> None:
    released = threading.Event()
    bigquery.faults = [hold(released)]
    with writing(FAST._replace(response_timeout=0.5), retries) as writer:
        writer.append(1)
        writer.flush()
        answered = stored(bigquery)
        released.set()
    assert answered == Counter([1])
    assert bigquery.streams == 2
    assert len(retries) == 1


@pytest.mark.parametrize("answer", [respond, abort])
@pytest.mark.parametrize("code", FATAL)
def test_a_fault_of_the_whole_table_is_raised_at_once(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None], code: str, answer: type
) -> None:
    bigquery.faults = [answer(grpc.StatusCode[code], "as BigQuery words it")]
    writer.append(1, 2)
    with pytest.raises(AppendError, match=f"tables/numbers.*{code}: as BigQuery words it"):
        writer.flush()
    assert (writer.refused, writer.stored, retries) == ({}, [], [])


@pytest.mark.parametrize("answer", [respond, abort])
def test_patience_ends(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None], answer: type
) -> None:
    bigquery.faults = [answer(grpc.StatusCode.UNAVAILABLE, "down")] * 100
    writer.append(1)
    with pytest.raises(AppendError, match="UNAVAILABLE: down"):
        writer.flush()
    assert len(retries) == FAST.attempts
    assert bigquery.requests == FAST.attempts + 1


def test_patience_ends_for_a_batch_that_fails_while_others_succeed(
    bigquery: BigQueryWriteServer, writer: Writer
) -> None:
    later = respond(grpc.StatusCode.INTERNAL, "this one only")
    bigquery.faults = [*chain(*[[later, succeed]] * 3), *[later] * 100]
    with pytest.raises(AppendError, match="INTERNAL: this one only"):  # noqa: PT012 - either raises
        for number in range(6):
            writer.append(number)
        writer.flush()
    assert bigquery.requests < 6 + 3 + 2 * FAST.attempts


def test_a_success_renews_the_patience(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None]
) -> None:
    down = abort(grpc.StatusCode.UNAVAILABLE, "down")
    bigquery.faults = [*[down] * FAST.attempts, succeed] * 3
    for number in range(3):
        writer.append(number)
        writer.flush()
    assert stored(bigquery) == Counter(range(3))
    assert len(retries) == 3 * FAST.attempts


@pytest.mark.parametrize("answer", [respond, abort])
def test_the_next_bundle_has_its_own_patience_and_none_of_the_leftovers(
    bigquery: BigQueryWriteServer, writer: Writer, answer: type
) -> None:
    down = answer(grpc.StatusCode.UNAVAILABLE, "down")
    bigquery.faults = [down] * (FAST.attempts + 1)
    writer.append(1)
    with pytest.raises(AppendError):
        writer.flush()
    bigquery.faults = [down]
    writer.writer.forget()
    writer.append(2)
    writer.flush()
    assert stored(bigquery) == Counter([2])
    assert writer.stored == [2]


def test_a_batch_too_large_for_one_request_is_split(
    bigquery: BigQueryWriteServer, writer: Writer
) -> None:
    writer.append(*range(50), width=500_000)
    writer.flush()
    assert stored(bigquery) == Counter(range(50))
    assert writer.stored == list(range(50))
    assert bigquery.largest_request <= MAX_REQUEST_BYTES


def test_a_large_row_does_not_hold_up_the_small_ones_beside_it(
    bigquery: BigQueryWriteServer, writer: Writer
) -> None:
    writer.append(1, width=9_900_000)
    writer.append(*range(2, 100))
    writer.flush()
    assert stored(bigquery) == Counter(range(1, 100))
    assert bigquery.largest_request <= MAX_REQUEST_BYTES


def test_requests_in_flight_are_bounded(bigquery: BigQueryWriteServer, writer: Writer) -> None:
    released = threading.Event()
    bigquery.faults = [hold(released)]
    for number in IN_FLIGHT:
        writer.append(number)
    blocked = threading.Thread(target=writer.append, args=[len(IN_FLIGHT)])
    blocked.start()
    blocked.join(0.5)
    assert blocked.is_alive()
    assert writer.stored == []
    released.set()
    blocked.join(30)
    writer.flush()
    assert stored(bigquery) == Counter(range(len(IN_FLIGHT) + 1))
