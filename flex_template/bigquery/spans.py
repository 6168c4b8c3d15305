"""A span of OpenTelemetry for each bundle of events, where an exporter is configured.

Where none is, this module is not imported. A span per event would cost more than the event; a
bundle's span leads to the traces of its messages, dead letters included, as far as they are few.
"""

import re
import threading
import time
from collections.abc import Iterator
from functools import cache

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from flex_template.chunks.chunk import Chunk
from flex_template.message import from_pubsub
from schemas import __version__
from schemas.tracing import TRACE_ATTRIBUTE
from schemas.tracing.provider import tracer_provider

MAX_LINKS = 32  # of OpenTelemetry's 128: whoever looks at a span follows a few
_MARK = TRACE_ATTRIBUTE.encode()
# One that was not sampled leads to no span, and would take the place of one that does.
_SAMPLED = re.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]")
_lock = threading.Lock()


class BundleSpans:
    """The spans of one DoFn, one after the other: from a bundle's start to BigQuery's last answer.

    Attributes are numbers and names of classes alone, nothing that a message holds.
    """

    def __init__(self) -> None:
        self._tracer = provider().get_tracer("flex_template", __version__)
        self._context = TraceContextTextMapPropagator()
        self._clear()

    def _clear(self) -> None:
        self._began = time.time_ns()
        self._messages = 0
        self._traceparents: set[str] = set()

    def begin(self) -> None:
        self.fail()
        self._clear()

    def add(self, chunk: Chunk) -> None:
        """Note the chunk's messages."""
        accepted = sum(len(each.serialized) for each in chunk.accepted)
        self._messages += len(chunk.failures) + len(chunk.values) + accepted
        for text in _traceparents(chunk):
            if len(self._traceparents) == MAX_LINKS:
                break
            if _SAMPLED.fullmatch(text):
                self._traceparents.add(text)

    def end(self, stored: int) -> None:
        """The bundle has ended: `stored` of its events are rows, the others dead letters."""
        self._export({"aegis.stored": stored}, trace.StatusCode.UNSET)

    def fail(self) -> None:
        """Whatever is still open has failed, and will be delivered again."""
        self._export({}, trace.StatusCode.ERROR)

    def _export(self, attributes: dict[str, int], status: trace.StatusCode) -> None:
        if not self._messages:
            return
        parents = [self._context.extract({"traceparent": text}) for text in self._traceparents]
        contexts = [trace.get_current_span(each).get_span_context() for each in parents]
        # Where there is but one trace, the span is a part of it, and seen there.
        one = len(parents) == 1
        span = self._tracer.start_span(
            "append events",
            parents[0] if one else None,
            trace.SpanKind.CONSUMER,
            {"messaging.batch.message_count": self._messages, **attributes},
            None if one else [trace.Link(each) for each in contexts if each.is_valid],
            self._began,
        )
        span.set_status(status)
        span.end()
        self._clear()


@cache
def _provider() -> TracerProvider:
    return tracer_provider("aegis-pipeline")


def provider() -> TracerProvider:
    """The process's own, with one thread and one queue for all its bundles."""
    with _lock:
        return _provider()


def _traceparents(chunk: Chunk) -> Iterator[str]:
    for failure in chunk.failures:
        yield failure.message.attributes.get(TRACE_ATTRIBUTE, "")
    for message, _ in chunk.values:
        yield message.attributes.get(TRACE_ATTRIBUTE, "")
    for each in chunk.accepted:
        for serialized in each.serialized:
            if _MARK in serialized:
                yield from_pubsub(serialized).attributes.get(TRACE_ATTRIBUTE, "")
