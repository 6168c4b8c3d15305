"""What must hold before anything is served; a fault ends the process with one line."""

import google.auth
from google.auth.exceptions import DefaultCredentialsError

from ingest_function.settings import Settings


def check_start(settings: Settings) -> None:
    """Try what would otherwise fail with the first request.

    Raises:
        SystemExit: the line.
    """
    if not settings.emulator_host:
        _check_credentials()
    if settings.exports_spans:
        _check_tracing()


def _check_credentials() -> None:
    try:
        google.auth.default()
    except DefaultCredentialsError as error:
        line = str(error).partition("\n")[0]
        raise SystemExit(f"ingest_function: {line}") from None


def _check_tracing() -> None:
    """OpenTelemetry warns of most wrong values and takes its default, but refuses some."""
    from schemas.tracing.provider import tracer_provider  # noqa: PLC0415 - slow, seldom wanted

    try:
        tracer_provider("aegis-edge").shutdown()
    except ValueError as error:
        raise SystemExit(f"ingest_function: OpenTelemetry refuses its OTEL_…: {error}") from None
