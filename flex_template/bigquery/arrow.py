"""Rows as Arrow record batches, typed by the table's own schema file."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, groupby
from typing import Any, TypeAlias

import pyarrow as pa

from schemas import table_schema

# https://cloud.google.com/bigquery/docs/supported-data-types; JSON travels as text.
_TYPES = {
    "STRING": pa.string(),
    "JSON": pa.string(),
    "BYTES": pa.binary(),
    "INTEGER": pa.int64(),
    "FLOAT": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}

Rows: TypeAlias = pa.RecordBatch | Sequence[tuple[Any, ...]]


@cache
def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of one of `schemas.TABLES`."""
    return pa.schema(
        pa.field(field["name"], _TYPES[field["type"]], field["mode"] != "REQUIRED")
        for field in table_schema(table)
    )


def row_tuples(rows: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows of which `record_batch` would make these columns, but for JSON as text."""
    columns = [
        column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
        for column in rows.columns
    ]
    yield from zip(*(column.to_pylist() for column in columns), strict=True)


def one_batch(parts: Iterable[Rows], schema: pa.Schema) -> pa.RecordBatch:
    """All rows in their order; tuples become columns together, since each column has its cost."""
    batches: list[pa.RecordBatch] = []
    for are_columns, group in groupby(parts, lambda part: isinstance(part, pa.RecordBatch)):
        if are_columns:
            batches += group
        else:
            batches.append(record_batch([*chain.from_iterable(group)], schema))
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def record_batch(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    """Rows of values in the schema's order, as columns."""
    columns = zip(*rows, strict=True)
    arrays = [pa.array(*typed) for typed in zip(columns, schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
