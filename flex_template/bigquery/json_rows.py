"""Rows as JSON objects, for BigQuery's REST API and for files."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from schemas import table_schema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def json_row(row: tuple[Any, ...], table: str) -> dict[str, Any]:
    """A row of `table`, one of `schemas.TABLES`, in the JSON that `tabledata.insertAll` takes."""
    return {
        name: None if value is None else _value(column_type, value)
        for (name, column_type), value in zip(_columns(table), row, strict=True)
    }


@cache
def _columns(table: str) -> list[tuple[str, str]]:
    return [(field["name"], field["type"]) for field in table_schema(table)]


def _value(column_type: str, value: Any) -> Any:
    if column_type == "TIMESTAMP":
        moment = _EPOCH + timedelta(microseconds=value)
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if column_type == "BYTES":
        return base64.b64encode(value).decode()
    return value.decode() if isinstance(value, bytes) else value
