"""The streams of one table, and the requests on each that are not answered."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from flex_template.bigquery.group_commit.append_stream import AppendStream
from flex_template.bigquery.group_commit.request import Request

# With all streams at work and every request full, 4 x 8 x 8 MB: just within the process's budget.
MAX_IN_FLIGHT = 8
# Each is one of BigQuery's "concurrent connections": few serve a process, for they are shared.
# https://cloud.google.com/bigquery/quotas#write-api-limits
MAX_STREAMS = 4


class Flight(NamedTuple):
    """A request on its way."""

    request: Request
    sent_at: float


class _Lane:
    def __init__(self) -> None:
        self.flights: deque[Flight] = deque()
        self.heard_at = 0.0

    def silent_since(self) -> float:
        return max(self.heard_at, self.flights[0].sent_at)


class Streams:
    """Opens streams as they are needed; times are in seconds of the writer's clock."""

    def __init__(self, open_stream: Callable[[], AppendStream]) -> None:
        self._open_stream = open_stream
        self._lanes: dict[AppendStream, _Lane] = {}

    def has_room(self, *, is_full_request: bool) -> bool:
        """Whether a request may be sent; a full one may open another stream."""
        if any(len(lane.flights) < MAX_IN_FLIGHT for lane in self._lanes.values()):
            return True
        return not self._lanes or (is_full_request and len(self._lanes) < MAX_STREAMS)

    def send(self, request: Request, now: float) -> None:
        """Send it on the first stream that has room."""
        stream = next(
            (s for s, lane in self._lanes.items() if len(lane.flights) < MAX_IN_FLIGHT), None
        )
        if stream is None:
            stream = self._open_stream()
            self._lanes[stream] = _Lane()
        self._lanes[stream].flights.append(Flight(request, now))
        stream.send(request.message)

    def answered(self, stream: AppendStream, now: float) -> Flight | None:
        """The request that a response of `stream` answers; None if the stream was given up."""
        lane = self._lanes.get(stream)
        if lane is None or not lane.flights:
            return None
        lane.heard_at = now
        return lane.flights.popleft()

    def end(self, stream: AppendStream) -> list[Request]:
        """Give up a stream; returns what it leaves unanswered."""
        lane = self._lanes.pop(stream, None)
        if lane is None:
            return []
        stream.close()
        return [flight.request for flight in lane.flights]

    def silent(self, before: float) -> list[AppendStream]:
        """The streams that owe an answer and have given none since `before`."""
        return [
            s for s, lane in self._lanes.items() if lane.flights and lane.silent_since() < before
        ]

    def oldest_silence(self) -> float | None:
        """Since when an answer has been owed; None if nothing is in flight."""
        return min(
            (lane.silent_since() for lane in self._lanes.values() if lane.flights), default=None
        )

    def close(self) -> None:
        """Give up all streams, and what is unanswered on them."""
        for stream in list(self._lanes):
            self.end(stream)
