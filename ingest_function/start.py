"""What must hold before anything is served; a fault ends the process with one line."""

from collections.abc import Mapping
from typing import NamedTuple

import google.auth
from google.auth.exceptions import DefaultCredentialsError

from ingest_function.settings import Settings

MAX_PORT = 65_535
MAX_WORKERS = 64  # far beyond the eight cores of the largest Cloud Run instance


class Listener(NamedTuple):
    """Where the service listens, and in how many worker processes."""

    host: str
    port: int
    workers: int


def read_listener(environment: Mapping[str, str]) -> Listener:
    """`HOST`, `PORT` and `WEB_CONCURRENCY`, as Cloud Run and its buildpacks set them.

    Raises:
        SystemExit: one of them is not a number in its range; the line names it.
    """
    return Listener(
        environment.get("HOST", "0.0.0.0"),  # noqa: S104 - a container's own network
        _whole_number(environment, "PORT", 8080, range(MAX_PORT + 1)),
        _whole_number(environment, "WEB_CONCURRENCY", 1, range(1, MAX_WORKERS + 1)),
    )


def _whole_number(environment: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = environment.get(name, str(default))
    is_short_number = text.isascii() and text.isdigit() and len(text) <= len(str(allowed[-1]))
    if not is_short_number or int(text) not in allowed:
        bounds = f"{allowed[0]} to {allowed[-1]}"
        raise SystemExit(f"ingest_function: {name} must be a whole number from {bounds}")
    return int(text)


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
