"""How large a request is, and how many are in flight."""

from collections import Counter
from typing import Any

from flex_template.bigquery.group_commit.pending import Append
from flex_template.bigquery.group_commit.request import requests_of
from flex_template.bigquery.group_commit.streams import MAX_IN_FLIGHT, MAX_STREAMS, Streams
from local.bigquery.write_server import MAX_REQUEST_BYTES, BigQueryWriteServer
from tests.flex_template.bigquery.group_commit.appending import TABLE, Bundle, batch, stored


def test_a_batch_too_large_for_one_request_is_split(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bundle.append(*range(50), width=500_000)
    bundle.flush()
    assert stored(bigquery) == Counter(range(50))
    assert bundle.stored == list(range(50))
    assert bigquery.largest_request <= MAX_REQUEST_BYTES


def test_a_large_row_does_not_hold_up_the_small_ones_beside_it(
    bigquery: BigQueryWriteServer, bundle: Bundle
) -> None:
    bundle.append(1, width=19_800_000)
    bundle.append(*range(2, 100))
    bundle.flush()
    assert stored(bigquery) == Counter(range(1, 100))
    assert bigquery.largest_request <= MAX_REQUEST_BYTES


class Stream:
    """Takes requests and answers none."""

    def __init__(self) -> None:
        self.sent = 0

    def send(self, _: object) -> None:
        self.sent += 1


def test_requests_in_flight_are_bounded_by_stream_and_by_process() -> None:
    opened: list[Any] = []

    def open_stream() -> Any:
        opened.append(Stream())
        return opened[-1]

    streams = Streams(open_stream)
    (request,) = requests_of(TABLE, [Append([batch((1,))], [1], 9)])
    while streams.has_room(is_full_request=False):
        streams.send(request, 0.0)
    assert [stream.sent for stream in opened] == [MAX_IN_FLIGHT]
    while streams.has_room(is_full_request=True):
        streams.send(request, 0.0)
    assert [stream.sent for stream in opened] == [MAX_IN_FLIGHT] * MAX_STREAMS
