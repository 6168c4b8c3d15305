"""The sinks that are compared, each as one thread uses it: bundle after bundle of the same rows."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from apache_beam.io.gcp.bigquery import BigQueryWriteFn
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from benchmarks.pipeline.messages import serialized
from benchmarks.pipeline.work import EVENTS_TABLE
from flex_template.bigquery.append import AppendEvents
from flex_template.bigquery.arrow import arrow_schema
from flex_template.bigquery.group_commit.append_stream import connect
from flex_template.bigquery.group_commit.bundle import BundleWriter
from flex_template.bigquery.group_commit.request import Table
from flex_template.bigquery.group_commit.shared import DEFAULT_POLICY
from flex_template.bigquery.group_commit.writer import TableWriter
from flex_template.bigquery.json_rows import json_row
from flex_template.chunks.chunk import Chunk, advance, opened
from flex_template.steps import convert_event, parse_message, validate_document
from schemas import DEFAULT_LIMITS


class Sink(Protocol):
    """One thread's sink."""

    def write(self) -> None:
        """Write one bundle, and return once it is stored."""

    def close(self) -> None:
        """Give up its connection, unless others use it too."""


class Shared:
    """The one of this pipeline: all threads share a writer."""

    def __init__(self, rows: int) -> None:
        self._chunk = _converted(rows)
        self._sink = AppendEvents(EVENTS_TABLE)
        self._sink.setup()

    def write(self) -> None:
        self._sink.start_bundle()
        self._sink.process(self._chunk)
        list(self._sink.finish_bundle())

    def close(self) -> None:
        self._sink.teardown()


class Own(Shared):
    """The same with a writer, and so a connection, for each bundle processor."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        table = Table.of(EVENTS_TABLE, arrow_schema("events"))
        self._writer = TableWriter(table, connect(), DEFAULT_POLICY)
        self._sink._bundle = BundleWriter(self._writer)  # noqa: SLF001 - in place of the shared one

    def close(self) -> None:
        super().close()
        self._writer.close()


class BeamsOwn:
    """What `WriteToBigQuery(STREAMING_INSERTS)` does in a bundle, without the shuffle before it."""

    def __init__(self, rows: int) -> None:
        destination = EVENTS_TABLE.replace(".", ":", 1)
        made = [json_row(row, "events") for _, row in _converted(rows).rows()]
        self._elements = [(destination, (row, row["event_id"])) for row in made]
        self._window = WindowedValue(None, 0, [GlobalWindow()])
        self._sink = BigQueryWriteFn(batch_size=500, create_disposition="CREATE_NEVER")

    def write(self) -> None:
        self._sink.start_bundle()
        for element in self._elements:
            self._sink.process(element, self._window)
        self._sink.finish_bundle()

    def close(self) -> None:
        self._sink.teardown()


def _converted(rows: int) -> Chunk:
    """A chunk of this many rows as the sink gets it."""
    chunk = opened(list(serialized(rows)), DEFAULT_LIMITS)
    for step in (
        parse_message,
        partial(validate_document, limits=DEFAULT_LIMITS),
        convert_event,
    ):
        chunk = advance(chunk, step)
    return chunk


SINKS: dict[str, Callable[[int], Sink]] = {"ours": Shared, "own": Own, "beam": BeamsOwn}
