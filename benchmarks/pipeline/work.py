"""What is measured, by name: each takes a number of messages and the share of bad ones."""

from collections.abc import Callable
from functools import partial

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from benchmarks.pipeline import baselines, functions
from benchmarks.pipeline.baselines import FastToRow, JsonSchemaToRow, ToRow
from benchmarks.pipeline.messages import serialized
from benchmarks.pipeline.source import Generate
from flex_template.bigquery.append import AppendDeadLetters, AppendEvents
from flex_template.dead_letter import Origin
from flex_template.pipeline import build
from flex_template.sinks import Sinks
from schemas import DEFAULT_LIMITS

PROJECT = "aegis-benchmark"
EVENTS_TABLE = f"{PROJECT}.aegis.events"
DEAD_LETTER_TABLE = f"{PROJECT}.aegis.dead_letters"
ORIGIN = Origin(f"projects/{PROJECT}/subscriptions/events-pipeline", EVENTS_TABLE, None)


def _ours(count: int, bad_percent: int) -> None:
    events = beam.ParDo(AppendEvents(EVENTS_TABLE))
    dead_letters = beam.ParDo(AppendDeadLetters(DEAD_LETTER_TABLE))
    with _pipeline() as pipeline:
        source = Generate(count, bad_percent)
        build(pipeline, source, Sinks(events, dead_letters), ORIGIN, DEFAULT_LIMITS)


def _baseline(count: int, bad_percent: int, to_row: type[ToRow]) -> None:
    with _pipeline() as pipeline:
        baselines.build(pipeline, Generate(count, bad_percent), to_row(), EVENTS_TABLE)


def _pipeline() -> beam.Pipeline:
    return beam.Pipeline("FnApiRunner", options=PipelineOptions([]))


def _functions(count: int, bad_percent: int) -> None:
    events, dead_letters = AppendEvents(EVENTS_TABLE), AppendDeadLetters(DEAD_LETTER_TABLE)
    with functions.PlainLoop(events, dead_letters, ORIGIN) as loop:
        loop.append(serialized(count, bad_percent))


def _parse_only(count: int, _: int) -> None:
    functions.parse_only(count)


WORKS: dict[str, Callable[[int, int], None]] = {
    "ours": _ours,
    "fast_baseline": partial(_baseline, to_row=FastToRow),
    "baseline": partial(_baseline, to_row=JsonSchemaToRow),
    "functions": _functions,
    "parse_only": _parse_only,
}
