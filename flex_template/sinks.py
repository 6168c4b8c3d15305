"""Where rows go: BigQuery's Storage Write API, Beam's own BigQuery sink, or local files.

The sink of events takes chunks whose values are rows, and yields lists of `Failure`s: those that
were in the chunk, and one for each row refused. The sink of dead letters takes record batches, and
must store every row or fail its bundle.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import orjson
import pyarrow as pa
from apache_beam.io import WriteToText

from flex_template import metrics
from flex_template.bigquery.append import AppendDeadLetters, AppendEvents
from flex_template.bigquery.arrow import row_tuples
from flex_template.bigquery.json_rows import json_row
from flex_template.bigquery.streaming_inserts import StreamingInserts
from flex_template.chunks.chunk import Chunk, failures_of

_COUNTERS = {"events": metrics.EVENTS, "dead_letters": metrics.DEAD_LETTERS}


class Sinks(NamedTuple):
    """The two ends of the pipeline."""

    events: beam.PTransform
    dead_letters: beam.PTransform


def sinks(options: argparse.Namespace) -> Sinks:
    """The sinks that the options name."""
    if options.output_directory:
        directory = Path(options.output_directory)
        return Sinks(EventLines(directory), DeadLetterLines(directory))
    if options.write_method == "STREAMING_INSERTS":
        events = StreamingInserts(options.events_table)
    else:
        events = beam.ParDo(AppendEvents(options.events_table))
    return Sinks(events, beam.ParDo(AppendDeadLetters(options.dead_letter_table)))


class EventLines(beam.PTransform):
    """A file of JSON lines, `events.jsonl`; it refuses nothing."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def expand(self, chunks: beam.PCollection) -> beam.PCollection:
        chunks | "Rows" >> beam.Map(_event_rows) | WriteLines(self._directory, "events")
        return chunks | "Failures" >> beam.Map(failures_of)


class DeadLetterLines(beam.PTransform):
    """A file of JSON lines, `dead_letters.jsonl`."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def expand(self, letters: beam.PCollection) -> beam.PCollection:
        rows = letters | "Rows" >> beam.Map(_letter_rows)
        return rows | WriteLines(self._directory, "dead_letters")


class WriteLines(beam.PTransform):
    """Lists of rows, into a file of JSON lines, `<table>.jsonl`."""

    def __init__(self, directory: Path, table: str) -> None:
        super().__init__()
        self._path = str(directory / table)
        self._table = table

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        lines = rows | "Format" >> beam.FlatMap(partial(_json_lines, table=self._table))
        return lines | "Write" >> WriteToText(
            self._path, ".jsonl", num_shards=1, shard_name_template=""
        )


def _event_rows(chunk: Chunk) -> list[tuple[Any, ...]]:
    return [row for _, row in chunk.rows()]


def _letter_rows(letters: pa.RecordBatch) -> list[tuple[Any, ...]]:
    return list(row_tuples(letters))


def _json_lines(rows: Sequence[tuple[Any, ...]], table: str) -> list[str]:
    metrics.count({_COUNTERS[table]: len(rows)})
    return [orjson.dumps(json_row(row, table)).decode() for row in rows]
