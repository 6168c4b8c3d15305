"""The contract between client, edge and pipeline: what an event is and how a table stores it.

    event = validate(parse(body), now=now_micros())

Both sides call these two functions, so their verdict and their list of errors are identical.
"""

from schemas.errors import MAX_ERRORS, ErrorCode, EventError, InvalidEvent, Stage, stage_of
from schemas.event import (
    DEFAULT_AGE_DAYS,
    DEFAULT_LIMITS,
    Event,
    Limits,
    now_micros,
    parse,
    parse_json,
    parse_timestamp,
    validate,
)
from schemas.event_versions import SchemaFileError, Version, versions
from schemas.tables import (
    TABLES,
    Column,
    Layout,
    deduplicated_view,
    event_columns,
    events_between,
    layout,
    table_schema,
)
from schemas.version import __version__

__all__ = [
    "DEFAULT_AGE_DAYS",
    "DEFAULT_LIMITS",
    "MAX_ERRORS",
    "TABLES",
    "Column",
    "ErrorCode",
    "Event",
    "EventError",
    "InvalidEvent",
    "Layout",
    "Limits",
    "SchemaFileError",
    "Stage",
    "Version",
    "__version__",
    "deduplicated_view",
    "event_columns",
    "events_between",
    "layout",
    "now_micros",
    "parse",
    "parse_json",
    "parse_timestamp",
    "stage_of",
    "table_schema",
    "validate",
    "versions",
]
