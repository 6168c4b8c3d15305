"""Where rows go: BigQuery's Storage Write API, Beam's own BigQuery sink, or local files.

A sink takes `(Message, row)` and yields `(Message, reason)` for each row refused. The one for dead
letters must store every row or fail its bundle.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import apache_beam as beam
import orjson
from apache_beam.io import WriteToText

from flex_template.bigquery.append import AppendRows
from flex_template.bigquery.json_rows import json_row
from flex_template.bigquery.streaming_inserts import StreamingInserts
from flex_template.bigquery.writer import AppendError
from flex_template.flood import SharedGuard
from flex_template.message import Message


class Sinks(NamedTuple):
    """The two ends of the pipeline."""

    events: beam.PTransform
    dead_letters: beam.PTransform


def sinks(options: argparse.Namespace) -> Sinks:
    """The sinks that the options name."""
    if options.output_directory:
        directory = Path(options.output_directory)
        return Sinks(WriteLines(directory, "events"), WriteLines(directory, "dead_letters"))
    guard = SharedGuard(options.max_dead_letter_share)
    append_dead_letters = beam.ParDo(AppendRows(options.dead_letter_table, "dead_letters", guard))
    if options.write_method == "STREAMING_INSERTS":
        events = StreamingInserts(options.events_table, guard)
    else:
        events = beam.ParDo(AppendRows(options.events_table, "events", guard))
    return Sinks(events, "Append" >> append_dead_letters | "Refused" >> beam.MapTuple(_lose))


def _lose(message: Message, reason: str) -> NoReturn:
    raise AppendError(f"BigQuery refuses the dead letter of message {message.message_id}: {reason}")


class WriteLines(beam.PTransform):
    """A file of JSON lines, `<kind>.jsonl`; it refuses nothing."""

    def __init__(self, directory: Path, kind: str) -> None:
        super().__init__()
        self._path = str(directory / kind)
        self._kind = kind

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        lines = rows | "Format" >> beam.MapTuple(partial(_json_line, kind=self._kind))
        write = WriteToText(self._path, ".jsonl", num_shards=1, shard_name_template="")
        lines | "Write" >> write
        return lines | "Refused" >> beam.Filter(lambda _: False)


def _json_line(_: Message, row: tuple[Any, ...], kind: str) -> str:
    return orjson.dumps(json_row(row, kind)).decode()
