"""Google's default credentials, looked for before anything is served."""

import google.auth
from google.auth.exceptions import DefaultCredentialsError

from ingest_function.settings import Settings


def check_credentials(settings: Settings) -> None:
    """End the process with one line if there are none, and Pub/Sub is no emulator."""
    if settings.emulator_host:
        return
    try:
        google.auth.default()
    except DefaultCredentialsError as error:
        line = str(error).partition("\n")[0]
        raise SystemExit(f"ingest_function: {line}") from None
