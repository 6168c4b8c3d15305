"""What a pipeline usually looks like: Beam's decoding, a validator, Beam's BigQuery sink.

Both baselines do less than ours: they write no dead letters, and the first checks only the schema.
"""

import json
from abc import abstractmethod
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import apache_beam as beam
import jsonschema
from apache_beam.io import BigQueryDisposition, WriteToBigQuery
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.pvalue import TaggedOutput

from schemas import parse, validate

INVALID = "invalid"


def build(
    pipeline: beam.Pipeline, source: beam.PTransform, to_row: "ToRow", events_table: str
) -> None:
    """Add a baseline to `pipeline`."""
    rows = pipeline | source | beam.ParDo(to_row).with_outputs(INVALID, main="rows")
    rows.rows | WriteToBigQuery(
        events_table.replace(".", ":", 1),
        method=WriteToBigQuery.Method.STREAMING_INSERTS,
        create_disposition=BigQueryDisposition.CREATE_NEVER,
    )


class ToRow(beam.DoFn):
    """Serialized message in, row as a dictionary out; an invalid one goes to its own output."""

    def process(self, element: bytes) -> Iterator[Any]:
        message = PubsubMessage._from_proto_str(element)  # noqa: SLF001 - what ReadFromPubSub calls
        try:
            event = self.checked(message)
        except (ValueError, jsonschema.ValidationError):
            yield TaggedOutput(INVALID, message)
        else:
            yield event | {
                "event_details": json.dumps(event["event_details"]),
                "received_at": message.attributes["received_at"],
                "published_at": message.publish_time.isoformat(),
                "message_id": message.message_id,
            }

    @abstractmethod
    def checked(self, message: PubsubMessage) -> dict[str, Any]:
        """The event in `message`, or one of the errors that `process` expects."""


class JsonSchemaToRow(ToRow):
    """The standard library's parser and the reference validator."""

    def setup(self) -> None:
        schema = json.loads(files("schemas").joinpath("event.v1.schema.json").read_bytes())
        checker = jsonschema.FormatChecker()
        self._validator = jsonschema.Draft202012Validator(schema, format_checker=checker)

    def checked(self, message: PubsubMessage) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(message.data)
        self._validator.validate(event)
        return event


class FastToRow(ToRow):
    """Our parser and validator: what remains is Beam's decoding and sink."""

    def checked(self, message: PubsubMessage) -> dict[str, Any]:
        now = round(message.publish_time.timestamp() * 1_000_000)
        return validate(parse(message.data), now=now).fields
