"""The pipeline's own code without the runner: every function and both sinks, in a plain loop."""

from itertools import cycle, islice

import orjson

from benchmarks.pipeline.messages import DISTINCT, payload, serialized
from flex_template.bigquery.append import AppendRows
from flex_template.dead_letter import Failure, Origin, dead_letter_row
from flex_template.message import Message, from_pubsub
from flex_template.steps import EventRow, convert_event, parse_message, validate_document
from schemas import DEFAULT_LIMITS, InvalidEvent, now_micros


def parse_only(count: int) -> None:
    """The floor: `count` payloads through nothing but the parser."""
    for data in islice(cycle([payload(number) for number in range(DISTINCT)]), count):
        orjson.loads(data)


def append_all(
    count: int, bad_percent: int, events: AppendRows, dead_letters: AppendRows, origin: Origin
) -> None:
    """`count` serialised messages to appended rows and dead letters, as one bundle."""
    sinks = (events, dead_letters)
    for sink in sinks:
        sink.setup()
        sink.start_bundle()
    for element in serialized(count, bad_percent):
        message = from_pubsub(element)
        try:
            row = _event_row(message)
        except InvalidEvent as error:
            row = dead_letter_row(Failure.of(message, error), origin, now_micros())
            dead_letters.process((message, row))
        else:
            events.process((message, row))
    for sink in sinks:
        list(sink.finish_bundle())
        sink.teardown()


def _event_row(message: Message) -> EventRow:
    document = parse_message(message, message.data)
    return convert_event(message, validate_document(message, document, DEFAULT_LIMITS))
