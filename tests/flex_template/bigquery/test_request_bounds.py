"""How large a request is, and how many are in flight."""

import threading
from collections import Counter

from flex_template.bigquery.writer import MAX_IN_FLIGHT
from local.bigquery.write_server import (
    MAX_REQUEST_BYTES,
    BigQueryWriteServer,
    hold,
)
from tests.flex_template.bigquery.appending import Writer, stored

IN_FLIGHT = range(MAX_IN_FLIGHT - 1)


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
    writer.append(1, width=19_800_000)
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
