"""The embedded BigQuery for commands that read and change tables."""

import uuid
from collections.abc import Iterable
from typing import Any

from google.cloud import bigquery

from flex_template.bigquery import client
from flex_template.bigquery.arrow import row_tuples
from flex_template.bigquery.group_commit import shared
from flex_template.bigquery.group_commit.bundle import BundleWriter
from flex_template.bigquery.group_commit.shared import Destination
from flex_template.dead_letter import Failure, Origin, dead_letter_rows
from flex_template.message import Message
from local.resources import create_tables, create_views
from schemas import ErrorCode, EventError, now_micros

PROJECT = "aegis-test"
Row = dict[str, Any]


class Warehouse:
    """A new dataset with the three tables, on the BigQuery that the environment names."""

    def __init__(self) -> None:
        self.dataset = f"{PROJECT}.test_{uuid.uuid4().hex}"
        self.events = f"{self.dataset}.events"
        self.dead_letters = f"{self.dataset}.dead_letters"
        self.replays = f"{self.dataset}.replays"
        self.client: bigquery.Client = client.connect(self.events)
        create_tables(self.client, self.dataset)

    def add_views(self) -> None:
        """Create the views and the table function, for which the emulator takes long."""
        create_views(self.client, self.dataset)

    def append(self, kind: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Store rows of one of `schemas.TABLES` as the pipeline does."""
        rows = list(rows)
        lease = shared.acquire(Destination(f"{self.dataset}.{kind}", kind))
        writer = BundleWriter(lease.writer)
        writer.append([rows], rows, 0)
        assert not any(append.refused for append in writer.wait())
        shared.release(lease)

    def rows(self, kind: str) -> list[Row]:
        """Everything in one table."""
        sql = f"SELECT * FROM `{self.dataset}.{kind}`"  # noqa: S608 - our own names
        return [dict(row) for row in self.client.query(sql).result()]


def dead_letter(
    data: bytes,
    attributes: dict[str, str] | None = None,
    *,
    message_id: str | None = None,
    code: ErrorCode = ErrorCode.MALFORMED_JSON,
    path: str = "",
    message: str = "wrong",
    failed_at: int | None = None,
) -> tuple[Any, ...]:
    """The row that the pipeline stores for such a message."""
    failed_at = failed_at or now_micros() - 1_000_000
    error = EventError(code, path, message)
    failed = Message(data, attributes or {}, message_id or uuid.uuid4().hex, failed_at)
    failure = Failure(failed, (error,), "ValueError")
    origin = Origin("subscription", "events", "test")
    return next(row_tuples(dead_letter_rows([failure], origin, failed_at)))
