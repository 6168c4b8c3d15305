"""What is measured, by name: each takes a number of messages and the share of bad ones."""

from collections.abc import Callable
from functools import partial

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from benchmarks.pipeline import baselines, functions
from benchmarks.pipeline.baselines import FastToRow, JsonSchemaToRow, ToRow
from benchmarks.pipeline.source import Generate
from flex_template.bigquery.append import AppendRows
from flex_template.dead_letter import Origin
from flex_template.flood import SharedGuard
from flex_template.message import Message, from_pubsub
from flex_template.pipeline import build
from flex_template.sinks import Sinks
from schemas import DEFAULT_LIMITS

PROJECT = "aegis-benchmark"
EVENTS_TABLE = f"{PROJECT}.aegis.events"
DEAD_LETTER_TABLE = f"{PROJECT}.aegis.dead_letters"
ORIGIN = Origin(f"projects/{PROJECT}/subscriptions/events-pipeline", EVENTS_TABLE, None)


def _decode(element: bytes) -> tuple[Message, bytes]:
    message = from_pubsub(element)
    return message, message.data


def _append(table: str, kind: str) -> AppendRows:
    return AppendRows(table, kind, SharedGuard(max_share=1))


def _ours(count: int, bad_percent: int) -> None:
    sinks = Sinks(
        beam.ParDo(_append(EVENTS_TABLE, "events")),
        beam.ParDo(_append(DEAD_LETTER_TABLE, "dead_letters")),
    )
    source = Generate(count, bad_percent) | beam.Map(_decode)
    with _pipeline() as pipeline:
        build(pipeline, source, sinks, ORIGIN, DEFAULT_LIMITS)


def _baseline(count: int, bad_percent: int, to_row: type[ToRow]) -> None:
    with _pipeline() as pipeline:
        baselines.build(pipeline, Generate(count, bad_percent), to_row(), EVENTS_TABLE)


def _pipeline() -> beam.Pipeline:
    return beam.Pipeline("FnApiRunner", options=PipelineOptions([]))


def _functions(count: int, bad_percent: int) -> None:
    events, dead_letters = (
        _append(EVENTS_TABLE, "events"),
        _append(DEAD_LETTER_TABLE, "dead_letters"),
    )
    functions.append_all(count, bad_percent, events, dead_letters, ORIGIN)


def _parse_only(count: int, _: int) -> None:
    functions.parse_only(count)


WORKS: dict[str, Callable[[int, int], None]] = {
    "ours": _ours,
    "fast_baseline": partial(_baseline, to_row=FastToRow),
    "baseline": partial(_baseline, to_row=JsonSchemaToRow),
    "functions": _functions,
    "parse_only": _parse_only,
}
