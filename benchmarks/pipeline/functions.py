"""The pipeline's own code without the runner: every function and both sinks, in a plain loop."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import cycle, islice
from typing import Self

import orjson

from benchmarks.pipeline.messages import DISTINCT, payload
from flex_template.bigquery.append import AppendDeadLetters, AppendEvents
from flex_template.chunks.chunk import Gather, advance, opened
from flex_template.dead_letter import Failure, Origin, ToRows
from flex_template.steps import convert_event, parse_message, validate_document
from schemas import DEFAULT_LIMITS


def parse_only(count: int) -> None:
    """The floor: `count` payloads through nothing but the parser."""
    for data in islice(cycle([payload(number) for number in range(DISTINCT)]), count):
        orjson.loads(data)


class PlainLoop:
    """The pipeline's steps and both sinks, called bundle by bundle as a runner would."""

    def __init__(
        self, events: AppendEvents, dead_letters: AppendDeadLetters, origin: Origin
    ) -> None:
        self._sinks = (events, dead_letters)
        self._events = events
        self._dead_letters = dead_letters
        self._to_rows = ToRows(origin)

    def __enter__(self) -> Self:
        for sink in self._sinks:
            sink.setup()
        return self

    def __exit__(self, *_: object) -> None:
        for sink in self._sinks:
            sink.teardown()

    def append(self, messages: Iterable[bytes]) -> None:
        """One bundle of serialized messages, up to appended rows and dead letters."""
        for one in (self._events, self._to_rows, self._dead_letters):
            one.start_bundle()
        for failures in _failures(messages, self._events):
            for rows in self._to_rows.process(failures):
                self._dead_letters.process(rows)
        self._dead_letters.finish_bundle()


def _failures(messages: Iterable[bytes], events: AppendEvents) -> Iterator[list[Failure]]:
    steps = (parse_message, partial(validate_document, limits=DEFAULT_LIMITS), convert_event)
    for chunk in _chunks(messages):
        worked_on = opened(chunk, DEFAULT_LIMITS)
        for step in steps:
            worked_on = advance(worked_on, step)
        yield from events.process(worked_on)
    yield from (last.value for last in events.finish_bundle())


def _chunks(messages: Iterable[bytes]) -> Iterator[list[bytes]]:
    gather = Gather()
    gather.start_bundle()
    for element in messages:
        yield from gather.process(element)
    yield from (last.value for last in gather.finish_bundle())
