"""Rows of several bundles in shared requests: who is told what."""

import threading
from collections import Counter
from typing import Any

import grpc
import pytest

from flex_template.bigquery.group_commit import shared
from flex_template.bigquery.group_commit.bundle import BundleWriter
from flex_template.bigquery.group_commit.retry import AppendError
from flex_template.bigquery.group_commit.shared import Destination
from flex_template.bigquery.group_commit.writer import TableWriter
from local.bigquery.write_server import BigQueryWriteServer, hold, refuse, respond
from tests.flex_template.bigquery.group_commit.appending import Bundle, batch, stored


@pytest.fixture
def waiting(bigquery: BigQueryWriteServer, writer: TableWriter) -> threading.Event:
    """Until it is set, a first request is in flight and whatever comes gathers behind it."""
    released = threading.Event()
    bigquery.faults = [hold(released)]
    Bundle(writer).append(-1)
    wait_for_requests(bigquery, 1)
    return released


def wait_for_requests(bigquery: BigQueryWriteServer, number: int) -> None:
    while bigquery.requests < number:
        threading.Event().wait(0.001)


def flush_all(bundles: list[Bundle]) -> dict[int, BaseException]:
    """Flush in a thread for each, as workers do; the errors by the bundle's position."""
    errors: dict[int, BaseException] = {}

    def flush(position: int) -> None:
        try:
            bundles[position].flush()
        except AppendError as error:
            errors[position] = error

    threads = [threading.Thread(target=flush, args=[n]) for n in range(len(bundles))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return errors


def test_rows_of_bundles_in_flight_share_a_request(
    bigquery: BigQueryWriteServer, writer: TableWriter, waiting: threading.Event
) -> None:
    bundles = [Bundle(writer) for _ in range(5)]
    for number, bundle in enumerate(bundles):
        bundle.append(2 * number, 2 * number + 1)
    waiting.set()
    assert flush_all(bundles) == {}
    assert stored(bigquery) == Counter([-1, *range(10)])
    assert bigquery.requests <= 3
    assert bigquery.streams == 1


def test_a_refused_row_returns_to_the_bundle_that_brought_it(
    bigquery: BigQueryWriteServer, writer: TableWriter, waiting: threading.Event
) -> None:
    unwanted = refuse(lambda row: row["number"] in (1, 4), "why")
    bigquery.faults += [unwanted] * 10
    bundles = [Bundle(writer) for _ in range(3)]
    for number, bundle in enumerate(bundles):
        bundle.append(2 * number, 2 * number + 1)
    waiting.set()
    assert flush_all(bundles) == {}
    assert [bundle.refused for bundle in bundles] == [{1: "why"}, {}, {4: "why"}]
    assert stored(bigquery) == Counter([-1, 0, 2, 3, 5])


def test_a_shared_request_that_fails_fails_the_bundles_whose_rows_it_held(
    bigquery: BigQueryWriteServer, writer: TableWriter
) -> None:
    released = threading.Event()
    denied = respond(grpc.StatusCode.PERMISSION_DENIED, "no")
    bigquery.faults = [hold(released), denied]
    alone, *together = [Bundle(writer) for _ in range(6)]
    alone.append(99)
    wait_for_requests(bigquery, 1)
    for number, bundle in enumerate(together):
        bundle.append(number)
    released.set()
    errors = flush_all([alone, *together])
    assert sorted(errors) == [1, 2, 3, 4, 5]
    assert all("PERMISSION_DENIED: no" in str(error) for error in errors.values())
    assert stored(bigquery) == Counter([99])


def test_rows_that_do_not_fit_the_columns_fail_their_own_bundle_alone(
    bigquery: BigQueryWriteServer, writer: TableWriter, waiting: threading.Event
) -> None:
    wrong, right = Bundle(writer), Bundle(writer)
    wrong.rows.append([[("no number", "text")]], [1], 0)
    right.rows.append([[(2, "text"), (3, "text")], batch((4,))], [2, 3, 4], 0)
    waiting.set()
    errors = flush_all([wrong, right])
    assert "rows that do not fit: ArrowInvalid" in str(errors.pop(0))
    assert errors == {}
    assert stored(bigquery) == Counter([-1, 2, 3, 4])


def test_a_bundle_that_ends_early_withdraws_what_is_not_in_flight(
    bigquery: BigQueryWriteServer, writer: TableWriter, waiting: threading.Event
) -> None:
    abandoned, other = Bundle(writer), Bundle(writer)
    abandoned.append(1, 2)
    abandoned.rows.withdraw()
    other.append(3)
    waiting.set()
    other.flush()
    assert 3 in stored(bigquery)
    assert stored(bigquery).keys() <= {-1, 1, 2, 3}


def test_a_bundle_abandoned_in_flight_harms_no_other_and_is_not_sent_again(
    bigquery: BigQueryWriteServer, writer: TableWriter, waiting: threading.Event
) -> None:
    abandoned, other = Bundle(writer), Bundle(writer)
    abandoned.append(1, 2)
    other.append(3)
    released = threading.Event()
    later = respond(grpc.StatusCode.UNAVAILABLE, "once")

    def fail_once(*request: Any) -> Any:
        released.wait(10)
        return later(*request)

    bigquery.faults = [fail_once]
    waiting.set()
    abandoned.rows.withdraw()
    released.set()
    other.flush()
    assert stored(bigquery)[3] == 1
    assert stored(bigquery).keys() <= {-1, 1, 2, 3}


def test_a_large_bundle_does_not_hold_up_a_small_one(
    bigquery: BigQueryWriteServer,
    writer: TableWriter,
    waiting: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flex_template.bigquery.group_commit.streams.MAX_IN_FLIGHT", 1)
    monkeypatch.setattr("flex_template.bigquery.group_commit.streams.MAX_STREAMS", 1)
    large, small = Bundle(writer), Bundle(writer)
    for start in range(0, 20_000, 1_000):
        large.append(*range(start, start + 1_000))
    small.append(-2)
    waiting.set()
    small.flush()
    stored_before = stored(bigquery).total()
    large.flush()
    assert stored_before < 10_000
    assert stored(bigquery).total() == 20_002


def test_a_second_stream_opens_when_one_is_full(
    bigquery: BigQueryWriteServer, writer: TableWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flex_template.bigquery.group_commit.writer.FULL_ROWS", 1)
    released = threading.Event()
    bigquery.faults = [hold(released)]
    bundle = Bundle(writer)
    for number in range(12):
        bundle.append(number)
    while bigquery.streams < 2:
        threading.Event().wait(0.001)
    released.set()
    bundle.flush()
    assert stored(bigquery) == Counter(range(12))


def test_every_user_of_a_table_shares_one_writer_and_the_last_closes_it(
    bigquery: BigQueryWriteServer,
) -> None:
    destination = Destination("aegis-test.aegis.replays", "replays")
    first, second = shared.acquire(destination), shared.acquire(destination)
    other = shared.acquire(Destination("aegis-test.aegis.events", "events"))
    assert first.writer is second.writer is not other.writer
    for lease in (first, other, second):
        shared.release(lease)
    bundle = BundleWriter(first.writer)
    bundle.append([batch((1,))], [1], 0)
    with pytest.raises(AppendError, match="closed"):
        list(bundle.wait())
    assert bigquery.count == 0
