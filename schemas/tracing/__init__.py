"""Traces, the same for edge and pipeline: where the context travels, and what turns spans on."""

from collections.abc import Mapping

# The message attribute by which Google's clients pass on a W3C `traceparent`.
# https://cloud.google.com/pubsub/docs/open-telemetry-tracing
TRACE_ATTRIBUTE = "googclient_traceparent"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def exports_spans(environment: Mapping[str, str]) -> bool:
    """Whether OpenTelemetry's own variables name an exporter; it reads the others by itself.

    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "")
    return exporter == "otlp" or (exporter != "none" and any(map(environment.get, _ENDPOINTS)))
