"""The contract between client, edge and pipeline: what an event is and how a table stores it.

    event = validate(parse(body), now=now_micros())

Both sides call these two functions, so their verdict and their list of errors are identical.
"""

from schemas.errors import ErrorCode, EventError, InvalidEvent, Stage, stage_of
from schemas.event import (
    DEFAULT_LIMITS,
    Event,
    Limits,
    now_micros,
    parse,
    parse_timestamp,
    validate,
)
from schemas.tables import TABLES, deduplicated_view, table_schema
from schemas.version import __version__

__all__ = [
    "DEFAULT_LIMITS",
    "TABLES",
    "ErrorCode",
    "Event",
    "EventError",
    "InvalidEvent",
    "Limits",
    "Stage",
    "__version__",
    "deduplicated_view",
    "now_micros",
    "parse",
    "parse_timestamp",
    "stage_of",
    "table_schema",
    "validate",
]
