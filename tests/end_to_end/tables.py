"""What BigQuery holds, polled until it holds what a test waits for."""

import json
import time
from collections.abc import Callable
from typing import Any

from local.stack import Stack

Row = dict[str, Any]
WAIT_SECONDS = 120


def rows(stack: Stack, query: str) -> list[Row]:
    return [dict(row) for row in stack.bigquery.query(query).result()]


def wait_for(stack: Stack, query: str, complete: Callable[[list[Row]], bool]) -> list[Row]:
    """The rows of `query` as soon as they are `complete`, or whatever is there after the wait."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = rows(stack, query)
        if complete(found) or time.monotonic() > deadline:
            return found
        stack.check_alive()
        time.sleep(0.1)


def decoded(value: Any) -> Any:
    """A JSON column's value, which clients return parsed or as text."""
    return json.loads(value) if isinstance(value, str) else value
