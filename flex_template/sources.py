"""Where messages come from: a Pub/Sub subscription or topic, or files of JSON lines.

A source yields each message beside the value that the steps work on, at first its data.
"""

import argparse

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.io import ReadFromText
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub

from flex_template.message import Message, from_line, from_pubsub


class ReadSerialized(ReadFromPubSub):
    """Pub/Sub messages as Dataflow hands them over, serialised.

    Beam's own read decodes each with proto-plus, which costs more CPU than all our steps. Runners
    that replace the read, as the DirectRunner does, yield Beam's message objects instead.
    """

    def expand_continued(self, pcoll: beam.PCollection) -> beam.PCollection:
        return pcoll


def source(options: argparse.Namespace) -> beam.PTransform:
    """The source that the options name."""
    if options.input_files:
        lines = ReadFromText(options.input_files, coder=BytesCoder())
        return "Lines" >> lines | "Decode" >> beam.Map(_of_line)
    read = ReadSerialized(
        topic=options.input_topic,
        subscription=options.input_subscription,
        id_label="event_id" if options.deduplicate else None,
        with_attributes=True,
    )
    return "Pub/Sub" >> read | "Decode" >> beam.Map(_of_pubsub)


def source_name(options: argparse.Namespace) -> str:
    """The source as dead letters name it."""
    return options.input_files or options.input_subscription or options.input_topic  # type: ignore[no-any-return]


def _of_line(line: bytes) -> tuple[Message, bytes]:
    return from_line(line), line


def _of_pubsub(element: bytes | PubsubMessage) -> tuple[Message, bytes]:
    message = from_pubsub(element)
    return message, message.data
