"""The pipeline's own code without the runner: every function and both sinks, in a plain loop."""

from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice

import orjson

from benchmarks.pipeline.messages import DISTINCT, payload, serialized
from flex_template.bigquery.append import AppendDeadLetters, AppendEvents
from flex_template.chunk import Chunk, Gather, advance
from flex_template.dead_letter import Failure, Origin, ToRows
from flex_template.steps import convert_event, parse_message, validate_document
from schemas import DEFAULT_LIMITS


def parse_only(count: int) -> None:
    """The floor: `count` payloads through nothing but the parser."""
    for data in islice(cycle([payload(number) for number in range(DISTINCT)]), count):
        orjson.loads(data)


def append_all(
    count: int,
    bad_percent: int,
    events: AppendEvents,
    dead_letters: AppendDeadLetters,
    origin: Origin,
) -> None:
    """`count` serialised messages to appended rows and dead letters, as one bundle."""
    to_rows = ToRows(origin)
    for sink in (events, dead_letters):
        sink.setup()
    for one in (events, to_rows, dead_letters):
        one.start_bundle()
    for failures in _failures(count, bad_percent, events):
        for rows in to_rows.process(failures):
            dead_letters.process(rows)
    dead_letters.finish_bundle()
    for sink in (events, dead_letters):
        sink.teardown()


def _failures(count: int, bad_percent: int, events: AppendEvents) -> Iterator[list[Failure]]:
    steps = (parse_message, partial(validate_document, limits=DEFAULT_LIMITS), convert_event)
    for chunk in _chunks(count, bad_percent):
        worked_on = chunk
        for step in steps:
            worked_on = advance(worked_on, step)
        yield from events.process(worked_on)
    yield from (last.value for last in events.finish_bundle())


def _chunks(count: int, bad_percent: int) -> Iterator[Chunk]:
    gather = Gather()
    gather.start_bundle()
    for element in serialized(count, bad_percent):
        yield from gather.process(element)
    yield from (last.value for last in gather.finish_bundle())
