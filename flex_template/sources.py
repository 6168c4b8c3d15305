"""Where messages come from: a Pub/Sub subscription or topic, or files of JSON lines.

A source yields each message as Pub/Sub serializes it, or as Beam's own `PubsubMessage`.
"""

import argparse

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.io import ReadFromText
from apache_beam.io.gcp.pubsub import ReadFromPubSub

from flex_template.message import from_line, serialize
from flex_template.one_machine.source import PullSubscription


class ReadSerialized(ReadFromPubSub):
    """Pub/Sub messages as Dataflow hands them over, serialized.

    Beam's own read decodes each with proto-plus, which costs more CPU than all our steps. Runners
    that replace the read, as the DirectRunner does, yield Beam's message objects instead.
    """

    def expand_continued(self, pcoll: beam.PCollection) -> beam.PCollection:
        return pcoll


def source(options: argparse.Namespace, *, native: bool) -> beam.PTransform:
    """The source that the options name; `native` if the runner reads Pub/Sub by itself."""
    if options.input_files:
        lines = ReadFromText(options.input_files, coder=BytesCoder())
        return "Lines" >> lines | "Messages" >> beam.Map(_serialized_line)
    if not native:
        return PullSubscription(options.input_subscription)
    return ReadSerialized(
        topic=options.input_topic,
        subscription=options.input_subscription,
        id_label="event_id" if options.deduplicate else None,
        with_attributes=True,
    )


def source_name(options: argparse.Namespace) -> str:
    """The source as dead letters name it."""
    return options.input_files or options.input_subscription or options.input_topic  # type: ignore[no-any-return]


def _serialized_line(line: bytes) -> bytes:
    return serialize(from_line(line))
