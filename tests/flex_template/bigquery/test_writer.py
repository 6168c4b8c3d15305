"""What the sink does when BigQuery refuses, fails, stalls or closes the stream."""

import threading
from collections import Counter
from itertools import chain

import grpc
import pytest

from flex_template.bigquery.writer import MAX_IN_FLIGHT, AppendError
from local.bigquery.write_server import (
    BigQueryWriteServer,
    abort,
    close_stream,
    hold,
    lose_answer,
    respond,
    succeed,
)
from tests.flex_template.bigquery.appending import FAST, Writer, stored, writing

RETRIED = ["UNAVAILABLE", "ABORTED", "INTERNAL", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"]
FATAL = ["NOT_FOUND", "PERMISSION_DENIED", "INVALID_ARGUMENT", "UNAUTHENTICATED"]
IN_FLIGHT = range(MAX_IN_FLIGHT - 1)


def test_rows_are_stored_once_over_one_stream(
    bigquery: BigQueryWriteServer, writer: Writer, retries: list[None]
) -> None:
    for number in range(20):
        writer.append(2 * number, 2 * number + 1)
    writer.flush()
    assert stored(bigquery) == Counter(range(40))
    assert writer.stored == list(range(40))
    assert (bigquery.streams, bigquery.requests, len(retries)) == (1, 20, 0)


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
