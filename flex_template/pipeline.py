"""The pipeline as a list: read, parse, validate, convert, append; then the dead letters.

Each step that can refuse a message has a second output; one flatten and one write take them all.
Nothing is shuffled, so the whole job fuses into one stage, and a message is acknowledged only when
its row or its dead letter is stored.
"""

from functools import partial

import apache_beam as beam

from flex_template import steps
from flex_template.attempt import attempt
from flex_template.dead_letter import Origin, ToDeadLetterRow, refused_row
from flex_template.sinks import Sinks
from schemas import Limits


def build(
    pipeline: beam.Pipeline, source: beam.PTransform, sinks: Sinks, origin: Origin, limits: Limits
) -> None:
    """Add the whole path to `pipeline`; tests pass a source and sinks of their own."""
    validate = partial(steps.validate_document, limits=limits)

    messages = pipeline | "Read" >> source
    documents, unparsed = messages | "Parse" >> attempt(steps.parse_message)
    events, invalid = documents | "Validate" >> attempt(validate)
    rows, unconverted = events | "Convert" >> attempt(steps.convert_event)
    refused = rows | "Append events" >> sinks.events | beam.MapTuple(refused_row)

    failures = (unparsed, invalid, unconverted, refused) | "Failures" >> beam.Flatten()
    dead_letters = failures | "Dead letters" >> beam.ParDo(ToDeadLetterRow(origin))
    dead_letters | "Append dead letters" >> sinks.dead_letters
