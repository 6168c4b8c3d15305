"""The BigQuery tables, as the files that `bq mk --schema` takes."""

import json
from importlib.resources import files
from typing import Any

TABLES = ("events", "dead_letters", "replays")


def table_schema(table: str) -> list[dict[str, Any]]:
    """The fields of one of `TABLES`, in BigQuery's REST form (`TableFieldSchema`)."""
    return json.loads(files("schemas").joinpath(f"{table}.table.json").read_bytes())  # type: ignore[no-any-return]


def deduplicated_view(events_table: str) -> str:
    """The view over `project.dataset.table`: the first published row of each `event_id`."""
    text = files("schemas").joinpath("events_deduplicated.sql").read_text()
    return text.replace("${events_table}", events_table)
