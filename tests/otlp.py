"""A collector of OpenTelemetry's spans, over OTLP/HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from werkzeug import Request, Response

from tests.http_server import serve


@contextmanager
def collector() -> Iterator[tuple[str, list[Any]]]:
    """Its address, and the spans that have reached it so far."""
    spans: list[Any] = []

    def collect(request: Request) -> Response:
        for each in ExportTraceServiceRequest.FromString(request.data).resource_spans:
            spans.extend(span for scope in each.scope_spans for span in scope.spans)
        return Response()

    with serve(collect) as url:
        yield url, spans
