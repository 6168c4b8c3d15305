"""OpenTelemetry's SDK, a third of a second and 20 MB: imported only where `exports_spans`."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from schemas.version import __version__

# The platform ends a process soon after its SIGTERM, whether its spans are sent or not.
EXPORT_SECONDS = 3


def tracer_provider(service: str) -> TracerProvider:
    """Exports in a thread of its own; endpoint, headers and sampler come from OTEL_….

    `service` is the name where OTEL_SERVICE_NAME gives none.
    """
    resource = Resource.create({SERVICE_VERSION: __version__})
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: service}))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_SECONDS)))
    return provider
