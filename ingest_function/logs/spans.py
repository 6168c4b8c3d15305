"""A span of OpenTelemetry for each request, where an exporter is configured.

Where none is, this module is not imported. The span continues the client's trace, and takes the
place of its `traceparent`: log line, message and dead letter lead to the span.
"""

import asyncio

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ingest_function.http.exchange import Request, Response
from schemas import __version__
from schemas.tracing.provider import tracer_provider


class Spans:
    """Begins and ends the spans of one edge."""

    def __init__(self) -> None:
        self._provider = tracer_provider("aegis-edge")
        self._tracer = self._provider.get_tracer("ingest_function", __version__)
        self._context = TraceContextTextMapPropagator()

    def begin(self, request: Request) -> trace.Span:
        parent = self._context.extract(request.headers)
        span = self._tracer.start_span("request", parent, trace.SpanKind.SERVER)
        self._context.inject(request.headers, trace.set_span_in_context(span))
        return span

    def end(self, span: trace.Span, method: str, path: str, response: Response) -> None:
        """Name it after what is ours of the request, never after what a client may write."""
        span.update_name(f"{method} {path}")
        span.set_attribute("http.request.method", method)
        span.set_attribute("http.route", path)
        span.set_attribute("http.response.status_code", int(response.status))
        for name in ("accepted", "rejected", "code"):
            if name in response.summary:
                span.set_attribute(f"aegis.{name}", response.summary[name])
        if response.status >= 500:  # noqa: PLR2004 - of a server, other statuses are not errors
            span.set_status(trace.StatusCode.ERROR)
        span.end()

    async def close(self) -> None:
        await asyncio.to_thread(self._provider.shutdown)
