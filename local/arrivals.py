"""What has arrived in BigQuery, and when it was first seen there."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.cloud import bigquery

from local.stack import Stack

POLL_SECONDS = 0.05

Row = dict[str, Any]
_EVENTS = """
SELECT message_id, event_id, user_id, signal_type, source_platform, received_at
FROM aegis.events
"""
_DEAD_LETTERS = """
SELECT dead_letter_id, stage, error_code, error_message, payload_size, payload, published_at
FROM aegis.dead_letters
"""
_DEDUPLICATED = "SELECT event_id FROM aegis.events_deduplicated"


class Arrivals:
    """Rows by message id and dead letters by their id, in the order of their arrival.

    Each has the extra key `seen`, the time of the first poll that found it.
    """

    def __init__(self, client: bigquery.Client) -> None:
        self._client = client
        self.events: dict[str, Row] = {}
        self.dead_letters: dict[str, Row] = {}

    def poll(self) -> None:
        self._poll(_EVENTS, "message_id", self.events)
        self._poll(_DEAD_LETTERS, "dead_letter_id", self.dead_letters)

    def _poll(self, query: str, key: str, found: dict[str, Row]) -> None:
        rows = [dict(row) for row in self._query(query)]
        seen = datetime.now(UTC)
        for row in rows:
            found.setdefault(row[key], row | {"seen": seen})

    def deduplicated_event_ids(self) -> list[str]:
        """The `event_id` of each row of the deduplicated view."""
        return [row["event_id"] for row in self._query(_DEDUPLICATED)]

    def _query(self, query: str) -> Iterable[Any]:
        # The client would repeat a refused connection for minutes, though BigQuery runs here.
        job = self._client.query(query, retry=None, job_retry=None)
        return job.result(retry=None, job_retry=None)  # type: ignore[no-any-return]


def wait_for(
    arrivals: Arrivals, stack: Stack, events: int, dead_letters: int, seconds: float
) -> bool:
    """Poll until this many have arrived; False if the time is over before.

    Raises:
        StackError: a part of the stack has ended.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        arrivals.poll()
        if len(arrivals.events) >= events and len(arrivals.dead_letters) >= dead_letters:
            return True
        stack.check_alive()
        time.sleep(POLL_SECONDS)
    return False
