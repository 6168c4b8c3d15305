"""Append requests, made of rows of several bundles, and parts of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from google.cloud.bigquery_storage_v1.types import AppendRowsRequest

from flex_template.bigquery.arrow import one_batch
from flex_template.bigquery.group_commit.pending import Append
from flex_template.bigquery.group_commit.retry import AppendError
from flex_template.bigquery.table_name import TableName
from schemas import __version__

# "The size of a single AppendRowsRequest must be less than 20 MB", schema and framing included.
# https://cloud.google.com/bigquery/docs/reference/storage/rpc/google.cloud.bigquery.storage.v1
MAX_REQUEST_BYTES = 19_900_000
_Request = AppendRowsRequest.pb()


class Span(NamedTuple):
    """Consecutive rows of a request, by their indices in the append that they come from."""

    append: Append
    indices: Sequence[int]


class Table(NamedTuple):
    """Where rows go: the name of the table's default stream, and the columns of a row."""

    write_stream: str
    schema: pa.Schema
    serialized_schema: bytes

    @classmethod
    def of(cls, name: str, schema: pa.Schema) -> "Table":
        """The table `project.dataset.table`."""
        stream = TableName.parse(name).default_stream
        return cls(stream, schema, schema.serialize().to_pybytes())


class Request:
    """Rows that BigQuery stores together or not at all, and how its attempts went.

    Only the serialized form is kept: a refused row is looked up in it again.
    """

    def __init__(self, table: Table, rows: pa.RecordBatch, spans: list[Span]) -> None:
        self._table = table
        self.spans = spans
        self.row_count = rows.num_rows
        self.message = _Request(write_stream=table.write_stream, trace_id=TRACE_ID)
        arrow_rows = self.message.arrow_rows
        arrow_rows.writer_schema.serialized_schema = table.serialized_schema
        arrow_rows.rows.serialized_record_batch = rows.serialize().to_pybytes()
        self.failures = 0
        self.timeouts = 0
        self.first_failure: float | None = None
        self.search: Any = None

    @property
    def size(self) -> int:
        """Bytes of its rows."""
        return len(self.message.arrow_rows.rows.serialized_record_batch)

    def part(self, wanted: Callable[[int, Append], bool]) -> "Request | None":
        """A request of those rows, by position and append, that are `wanted`; None if none is."""
        rows = [(append, index) for append, indices in self.spans for index in indices]
        kept = [at for at, (append, _) in enumerate(rows) if wanted(at, append)]
        if not kept:
            return None
        spans = [Span(rows[at][0], [rows[at][1]]) for at in kept]
        result = Request(self._table, self._rows().take(pa.array(kept)), spans)
        result.search = self.search
        return result

    def continues(self, earlier: "Request") -> None:
        """Take over how the attempts of `earlier` went."""
        self.failures, self.timeouts = earlier.failures, earlier.timeouts
        self.first_failure = earlier.first_failure

    def halves(self) -> "list[Request]":
        """Two requests of half the rows each."""
        middle = self.row_count // 2
        parts = (self.part(lambda at, _: at >= middle), self.part(lambda at, _: at < middle))
        return [part for part in parts if part is not None]

    def refuse(self, position: int, reason: str) -> None:
        """Settle one row, by its position in this request."""
        for append, indices in self.spans:
            if position < len(indices):
                append.settle_refused(indices[position], reason)
                return
            position -= len(indices)

    def _rows(self) -> pa.RecordBatch:
        serialized = self.message.arrow_rows.rows.serialized_record_batch
        return pa.ipc.read_record_batch(pa.py_buffer(serialized), self._table.schema)


TRACE_ID = f"aegis-consumer:{__version__}"


def requests_of(table: Table, appends: Sequence[Append]) -> Iterator[Request]:
    """The rows of `appends` as one request, or as more where they are too many bytes for one.

    An append fails alone if its rows do not have the types of the table's columns.
    """
    if not appends:
        return
    try:
        rows = one_batch([rows for append in appends for rows in append.rows], table.schema)
    except (OverflowError, TypeError, ValueError) as error:  # as Arrow raises them
        if len(appends) == 1:
            reason = f"{table.write_stream}: rows that do not fit: {type(error).__name__}"
            appends[0].fail(AppendError(reason))
            return
        for append in appends:
            yield from requests_of(table, [append])
        return
    spans = [Span(append, range(append.row_count)) for append in appends]
    for append in appends:
        append.rows = ()  # from here on the request holds them
    yield from _fitting(table, rows, spans)


def _fitting(table: Table, rows: pa.RecordBatch, spans: list[Span]) -> Iterator[Request]:
    if rows.nbytes <= MAX_REQUEST_BYTES or rows.num_rows == 1:
        yield Request(table, rows, spans)
        return
    middle = rows.num_rows // 2
    yield from _fitting(table, rows.slice(0, middle), _cut(spans, 0, middle))
    yield from _fitting(table, rows.slice(middle), _cut(spans, middle, rows.num_rows))


def _cut(spans: list[Span], start: int, end: int) -> list[Span]:
    """The spans of the rows from `start` up to `end`."""
    result = []
    for append, indices in spans:
        inside = indices[max(0, start) : max(0, end)]
        if inside:
            result.append(Span(append, inside))
        start -= len(indices)
        end -= len(indices)
    return result
