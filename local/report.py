"""What went in and what came out, as tables for people."""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import islice

from rich.table import Table
from rich.text import Text

from local.arrivals import Row
from local.traffic import Exchange

MAX_ROWS = 100  # the samples are fewer: only what others have sent makes more


def exchanges_table(exchanges: Iterable[Exchange]) -> Table:
    table = _table("Requests over HTTP", "request", "status", "accepted", "rejected", "ms")
    for exchange in exchanges:
        table.add_row(
            exchange.name,
            _status(exchange.status),
            str(len(exchange.accepted)),
            ", ".join(exchange.rejected_codes),
            f"{exchange.seconds * 1000:.0f}",
        )
    return table


def events_table(rows: Collection[Row]) -> Table:
    columns = ("event_id", "user_id", "signal_type", "source_platform", "request → row, ms")
    table = _table(_title("events", rows), *columns)
    for row in islice(rows, MAX_ROWS):
        values = (row["event_id"], row["user_id"], row["signal_type"], row["source_platform"])
        table.add_row(*map(Text, values), _milliseconds(row["received_at"], row["seen"]))
    return table


def dead_letters_table(rows: Collection[Row]) -> Table:
    columns = ("stage", "code", "message", "bytes", "publish → row, ms")
    table = _table(_title("dead_letters", rows), *columns)
    for row in islice(rows, MAX_ROWS):
        values = (row["stage"], row["error_code"], row["error_message"], str(row["payload_size"]))
        table.add_row(*map(Text, values), _milliseconds(row["published_at"], row["seen"]))
    return table


def _title(table: str, rows: Collection[Row]) -> str:
    shown = f", the first {MAX_ROWS} of {len(rows)}" if len(rows) > MAX_ROWS else ""
    return f"Rows in {table}{shown}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        numeric = column in {"accepted", "bytes"} or column.endswith("ms")
        table.add_column(column, justify="right" if numeric else "left")
    return table


def _status(status: int) -> Text:
    return Text(str(status), style="green" if status < 400 else "yellow")  # noqa: PLR2004


def _milliseconds(start: datetime | None, end: datetime) -> str:
    return "" if start is None else f"{(end - start).total_seconds() * 1000:.0f}"
