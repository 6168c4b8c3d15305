"""Writers shared by all that append to the same table from this process."""

import os
import threading
from collections import Counter
from typing import NamedTuple

from flex_template.bigquery.arrow import arrow_schema
from flex_template.bigquery.group_commit.append_stream import EMULATOR_VARIABLE, connect
from flex_template.bigquery.group_commit.request import Table
from flex_template.bigquery.group_commit.retry import RetryPolicy
from flex_template.bigquery.group_commit.writer import TableWriter

DEFAULT_POLICY = RetryPolicy()


class Destination(NamedTuple):
    """A table, the one of `schemas.TABLES` whose columns it has, and how patient to be with it."""

    table: str
    schema_of: str
    policy: RetryPolicy = DEFAULT_POLICY


class Lease(NamedTuple):
    """One user's share of a writer."""

    writer: TableWriter
    key: tuple[Destination, str | None]


_lock = threading.Lock()
_writers: dict[tuple[Destination, str | None], TableWriter] = {}
_users: Counter[tuple[Destination, str | None]] = Counter()


def acquire(destination: Destination) -> Lease:
    """The process's writer to `destination`, opened for its first user."""
    key = (destination, os.environ.get(EMULATOR_VARIABLE))
    with _lock:
        _users[key] += 1
        if key not in _writers:
            _writers[key] = _open(destination)
        return Lease(_writers[key], key)


def release(lease: Lease) -> None:
    """Undo one `acquire`; the last closes the writer."""
    with _lock:
        _users[lease.key] -= 1
        if not _users[lease.key]:
            _writers.pop(lease.key).close()


def _open(destination: Destination) -> TableWriter:
    table = Table.of(destination.table, arrow_schema(destination.schema_of))
    return TableWriter(table, connect(), destination.policy)
