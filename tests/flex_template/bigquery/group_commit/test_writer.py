"""What the writer does when BigQuery fails, stalls or closes the stream."""

import logging
import threading
from collections import Counter
from itertools import chain

import grpc
import pytest

from flex_template.bigquery.group_commit.retry import PASSING, AppendError
from flex_template.bigquery.group_commit.streams import MAX_IN_FLIGHT
from flex_template.bigquery.group_commit.writer import TableWriter
from local.bigquery.write_server import (
    BigQueryWriteServer,
    abort,
    change_schema,
    close_stream,
    hold,
    lose_answer,
    respond,
    succeed,
)
from schemas import __version__
from tests.flex_template.bigquery.group_commit.appending import (
    FAST,
    Bundle,
    fast_clock,
    stored,
    writing,
)

RETRIED = sorted([*(code.name for code in PASSING), "RESOURCE_EXHAUSTED"])
FATAL = ["NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED", "FAILED_PRECONDITION"]

pytestmark = pytest.mark.usefixtures("a_request_each")


def test_rows_are_stored_once_over_one_stream(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    for number in range(20):
        bundle.append(2 * number, 2 * number + 1)
    bundle.flush()
    assert stored(bigquery) == Counter(range(40))
    assert (bigquery.streams, bigquery.requests, bundle.retries) == (1, 20, 0)


def test_requests_name_the_program_and_its_version(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bundle.append(1)
    bundle.flush()
    assert bigquery.trace_ids == {f"aegis-consumer:{__version__}"}


@pytest.mark.parametrize("code", RETRIED)
def test_a_retryable_answer_is_retried(
    bigquery: BigQueryWriteServer, bundle: Bundle, code: str
) -> None:
    bigquery.faults = [respond(grpc.StatusCode[code], "later"), succeed, succeed]
    for number in range(3):
        bundle.append(number)
    bundle.flush()
    assert stored(bigquery) == Counter(range(3))
    assert (bundle.retries, bigquery.streams) == (1, 1)


@pytest.mark.parametrize("code", RETRIED)
def test_a_call_that_fails_midway_is_repeated_on_a_new_stream(
    bigquery: BigQueryWriteServer, bundle: Bundle, code: str
) -> None:
    bigquery.faults = [succeed, succeed, abort(grpc.StatusCode[code], "gone")]
    for number in range(MAX_IN_FLIGHT):
        bundle.append(number)
    bundle.flush()
    assert stored(bigquery).keys() == set(range(MAX_IN_FLIGHT))
    assert bundle.retries >= 1
    assert bigquery.streams == 2


def test_a_stream_that_the_server_closes_again_and_again_is_reopened(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bigquery.faults = [succeed, succeed, close_stream] * 3
    for number in range(30):
        bundle.append(number)
    bundle.flush()
    assert stored(bigquery).keys() == set(range(30))
    assert bigquery.streams == 4


def test_a_stream_closed_while_idle_is_reopened_for_the_next_rows(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bundle.append(1)
    bundle.flush()
    bigquery.close_streams()
    bundle.append(2)
    bundle.flush()
    assert stored(bigquery) == Counter([1, 2])


def test_a_lost_answer_duplicates_at_most_what_was_in_flight(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bigquery.faults = [succeed, succeed, lose_answer(bigquery)]
    for number in range(50):
        bundle.append(number)
    bundle.flush()
    assert stored(bigquery).keys() == set(range(50))
    assert max(stored(bigquery).values()) == 2
    assert 1 <= stored(bigquery).total() - 50 <= MAX_IN_FLIGHT


def test_a_backend_slower_than_a_minute_is_waited_for(bigquery: BigQueryWriteServer) -> None:
    released = threading.Event()
    bigquery.faults = [hold(released)]
    with writing(clock=fast_clock(300)) as writer:
        bundle = Bundle(writer)
        bundle.append(1)
        threading.Timer(0.5, released.set).start()  # 150 s by the writer's clock
        bundle.flush()
    assert stored(bigquery) == Counter([1])
    assert (bundle.retries, bigquery.streams) == (0, 1)


def test_silence_of_minutes_ends_the_call_and_the_rows_are_sent_once_more(
    bigquery: BigQueryWriteServer,
) -> None:
    released = threading.Event()
    bigquery.faults = [hold(released)]
    with writing(clock=fast_clock(1_000)) as writer:
        bundle = Bundle(writer)
        bundle.append(1)
        bundle.flush()
        answered = stored(bigquery)
        released.set()
    assert answered == Counter([1])
    assert (bundle.retries, bigquery.streams) == (1, 2)


def test_a_second_silence_fails_the_bundle(bigquery: BigQueryWriteServer) -> None:
    released = threading.Event()
    bigquery.faults = [hold(released)] * 2
    with writing(FAST._replace(answer_timeout=0.3)) as writer:
        bundle = Bundle(writer)
        bundle.append(1)
        with pytest.raises(AppendError, match=r"DEADLINE_EXCEEDED: no answer within 0.3 s"):
            bundle.flush()
        released.set()
    assert bigquery.requests == 2


@pytest.mark.parametrize("answer", [respond, abort])
@pytest.mark.parametrize("code", FATAL)
def test_a_fault_of_the_whole_table_is_raised_at_once(
    bigquery: BigQueryWriteServer, bundle: Bundle, code: str, answer: type
) -> None:
    bigquery.faults = [answer(grpc.StatusCode[code], "as BigQuery words it")]
    bundle.append(1, 2)
    with pytest.raises(AppendError, match=f"tables/numbers.*{code}: as BigQuery words it"):
        bundle.flush()
    assert (bundle.refused, bundle.retries, bigquery.requests) == ({}, 0, 1)


@pytest.mark.parametrize("answer", [respond, abort])
def test_patience_ends(bigquery: BigQueryWriteServer, bundle: Bundle, answer: type) -> None:
    bigquery.faults = [answer(grpc.StatusCode.UNAVAILABLE, "down")] * 100
    bundle.append(1)
    with pytest.raises(AppendError, match="UNAVAILABLE: down"):
        bundle.flush()
    assert bigquery.requests == FAST.attempts + 1


def test_patience_ends_for_a_request_that_fails_while_others_succeed(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    later = respond(grpc.StatusCode.INTERNAL, "this one only")
    bigquery.faults = [*chain(*[[later, succeed]] * 3), *[later] * 100]
    for number in range(6):
        bundle.append(number)
    with pytest.raises(AppendError, match="INTERNAL: this one only"):
        bundle.flush()
    assert bigquery.requests < 6 * (FAST.attempts + 1)


def test_the_next_request_has_its_own_patience(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    down = abort(grpc.StatusCode.UNAVAILABLE, "down")
    bigquery.faults = [*[down] * FAST.attempts, succeed] * 3
    for number in range(3):
        bundle.append(number)
        bundle.flush()
    assert stored(bigquery) == Counter(range(3))
    assert bundle.retries == 3 * FAST.attempts


@pytest.mark.parametrize("answer", [respond, abort])
def test_a_quota_that_refills_after_eight_minutes_is_waited_for(
    bigquery: BigQueryWriteServer, answer: type
) -> None:
    clock = fast_clock(2_000)
    began = clock.now()
    exhausted = answer(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota exceeded")
    bigquery.fault = lambda: exhausted if clock.now() - began < 8 * 60 else None
    with writing(clock=clock) as writer:
        first, second = Bundle(writer), Bundle(writer)
        first.append(1, 2)
        second.append(3)
        first.flush()
        second.flush()
    assert stored(bigquery) == Counter([1, 2, 3])
    assert first.retries < 100


def test_patience_with_a_quota_ends_after_ten_minutes(bigquery: BigQueryWriteServer) -> None:
    clock = fast_clock(2_000)
    began = clock.now()
    exhausted = respond(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota exceeded")
    bigquery.fault = lambda: exhausted
    with writing(clock=clock) as writer:
        bundle = Bundle(writer)
        bundle.append(1)
        with pytest.raises(AppendError, match="RESOURCE_EXHAUSTED: quota exceeded"):
            bundle.flush()
    assert 10 * 60 <= clock.now() - began < 20 * 60


def test_a_change_of_the_tables_columns_is_noticed(
    bigquery: BigQueryWriteServer, bundle: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    bigquery.faults = [change_schema(bigquery, ["number", "text", "added"])]
    bundle.append(1)
    bundle.flush()
    assert stored(bigquery) == Counter([1])
    assert "the table's columns are now number, text, added" in caplog.text


def test_a_long_fault_is_told_in_the_log_but_not_at_every_try(
    bigquery: BigQueryWriteServer, bundle: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    bigquery.faults = [respond(grpc.StatusCode.UNAVAILABLE, "down")] * FAST.attempts
    bundle.append(1)
    bundle.flush()
    told = [record for record in caplog.records if "UNAVAILABLE: down" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING]


def test_a_closed_writer_fails_what_is_not_answered(
    bigquery: BigQueryWriteServer, writer: TableWriter
) -> None:
    released = threading.Event()
    bigquery.faults = [hold(released)]
    bundle = Bundle(writer)
    bundle.append(1)
    writer.close()
    with pytest.raises(AppendError, match="the writer is closed"):
        bundle.flush()
    released.set()


def test_a_fault_of_the_writer_itself_fails_its_bundles_and_not_the_next(
    bigquery: BigQueryWriteServer, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("flex_template.bigquery.group_commit.writer.requests_of", lambda *_: 1 / 0)
        bundle.append(1)
        with pytest.raises(AppendError, match="ZeroDivisionError"):
            bundle.flush()
    bundle.append(2)
    bundle.flush()
    assert stored(bigquery) == Counter([2])
