"""The pipeline as a list: read, parse, validate, convert, append; then the dead letters.

A message that a step refuses goes on beside the others as a `Failure`, up to the sink of events,
whose output are failures alone. So there is one path without a branch: nothing is shuffled or
flattened, the whole job fuses into one stage on every runner, and a message is acknowledged only
when its row or its dead letter is stored.
"""

from functools import partial

import apache_beam as beam

from flex_template import steps
from flex_template.chunks.chunk import Chunk, Gather, each, opened
from flex_template.dead_letter import Origin, ToRows
from flex_template.sinks import Sinks
from schemas import Limits


def build(
    pipeline: beam.Pipeline, source: beam.PTransform, sinks: Sinks, origin: Origin, limits: Limits
) -> None:
    """Add the whole path to `pipeline`; tests pass a source and sinks of their own."""
    validate = partial(steps.validate_document, limits=limits)
    (
        pipeline
        | "Read" >> source
        | "Gather" >> beam.ParDo(Gather()).with_output_types(list[bytes])
        | "Accept" >> beam.Map(partial(opened, limits=limits)).with_output_types(Chunk)
        | "Parse" >> each(steps.parse_message)
        | "Validate" >> each(validate)
        | "Convert" >> each(steps.convert_event)
        | "Append events" >> sinks.events
        | "Dead letters" >> beam.ParDo(ToRows(origin))
        | "Append dead letters" >> sinks.dead_letters
    )
