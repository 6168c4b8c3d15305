"""A step that may refuse a message, as a transform with two outputs."""

from collections.abc import Callable
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from flex_template.dead_letter import Failure
from flex_template.message import Message
from schemas import InvalidEvent

FAILURES = "failures"
Step = Callable[[Message, Any], Any]


def attempt(step: Step) -> beam.PTransform:
    """`step` over `(Message, value)` pairs: the results, then the `Failure`s."""
    return beam.ParDo(_Attempt(step)).with_outputs(FAILURES, main="results")


class _Attempt(beam.DoFn):
    def __init__(self, step: Step) -> None:
        self._step = step

    def process(self, element: tuple[Message, Any]) -> list[Any]:
        message, value = element
        try:
            return [(message, self._step(message, value))]
        except InvalidEvent as error:
            return [TaggedOutput(FAILURES, Failure.of(message, error))]
