"""Bad configuration stops the start with one line; secrets are never in it."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from ingest_function.publish.pubsub import open_channel
from ingest_function.settings import AuthMode, ConfigurationError, read_settings
from ingest_function.start import read_listener
from schemas import Limits

MINIMAL = {
    "GCP_PROJECT_ID": "aegis-local",
    "PUB_SUB_TOPIC_ID": "events",
    "AUTH_MODE": "api_key",
    "API_KEYS": "0123456789abcdef",
}


def test_the_least_configuration_has_safe_defaults() -> None:
    settings = read_settings(MINIMAL)
    assert settings.topic == "projects/aegis-local/topics/events"
    assert settings.auth_mode is AuthMode.API_KEY
    assert settings.allowed_origins == frozenset()
    assert settings.limits == Limits.of_days(365)
    assert not settings.user_id_key


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"GCP_PROJECT_ID": ""}, "GCP_PROJECT_ID must be set"),
        ({"PUB_SUB_TOPIC_ID": " "}, "PUB_SUB_TOPIC_ID must be set"),
        ({"AUTH_MODE": ""}, "AUTH_MODE must be one of api_key, google_id_token, none"),
        ({"PRIVACY": "on"}, "PRIVACY must be one of annotated, off"),
        ({"PRIVACY": "annotated"}, "PRIVACY=annotated needs USER_ID_HMAC_KEY"),
        ({"AUTH_MODE": "basic"}, "AUTH_MODE must be one of api_key, google_id_token, none"),
        ({"AUTH_MODE": "none"}, "AUTH_MODE=none is allowed only with PUBSUB_EMULATOR_HOST"),
        ({"AUTH_MODE": "google_id_token"}, "GOOGLE_ID_TOKEN_AUDIENCE must be set"),
        ({"API_KEYS": ""}, "API_KEYS must be set"),
        ({"API_KEYS": ","}, "API_KEYS must have 16 or more characters each"),
        ({"API_KEYS": "0123456789abcdef,short"}, "API_KEYS must have 16 or more characters each"),
        (
            {"API_KEYS": "a b:0123456789abcdef"},
            "API_KEYS: a name has up to 32 letters, digits, '-' and '_'",
        ),
        (
            {"API_KEYS": "a:0123456789abcdef,a:fedcba9876543210"},
            "API_KEYS must have a name of its own for each key",
        ),
        ({"ALLOWED_ORIGINS": "*"}, "ALLOWED_ORIGINS: '*' is not scheme://host"),
        ({"ALLOWED_ORIGINS": "https://a/"}, "ALLOWED_ORIGINS: 'https://a/' is not scheme://host"),
        ({"USER_ID_HMAC_KEY": "short"}, "USER_ID_HMAC_KEY must have 16 or more bytes"),
        ({"MAX_EVENT_AGE_DAYS": "-1"}, "MAX_EVENT_AGE_DAYS must be a number above 0"),
        ({"MAX_EVENT_AGE_DAYS": "nan"}, "MAX_EVENT_AGE_DAYS must be a number above 0"),
        ({"PUBLISH_TIMEOUT_SECONDS": "soon"}, "PUBLISH_TIMEOUT_SECONDS must be a number above 0"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL must be one of INFO, WARNING, ERROR"),
    ],
)
def test_a_wrong_variable_is_named(change: dict[str, str], line: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_settings({**MINIMAL, **change})
    assert str(raised.value) == line


def test_settings_print_no_secret() -> None:
    settings = read_settings({**MINIMAL, "USER_ID_HMAC_KEY": "fedcba9876543210"})
    assert "0123456789abcdef" not in repr(settings)
    assert "fedcba9876543210" not in repr(settings)


def test_the_function_does_not_start_with_bad_configuration() -> None:
    command = [sys.executable, "-m", "functions_framework", "--target", "ingest"]
    ended = subprocess.run(
        [*command, "--source", "ingest_function/main.py", "--port", "0"],
        env={**os.environ, **MINIMAL, "AUTH_MODE": "open"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    line = "ingest_function: AUTH_MODE must be one of api_key, google_id_token, none\n"
    assert (ended.returncode, ended.stderr) == (1, line)


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("PORT", "http", "0 to 65535"),
        ("PORT", "65536", "0 to 65535"),
        ("PORT", "", "0 to 65535"),
        ("WEB_CONCURRENCY", "0", "1 to 64"),
        ("WEB_CONCURRENCY", "-1", "1 to 64"),
    ],
)
def test_a_port_or_number_of_workers_out_of_range_is_one_clear_line(
    name: str, value: str, bounds: str
) -> None:
    assert read_listener({})[1:] == (8080, 1)
    line = f"^ingest_function: {name} must be a whole number from {bounds}$"
    with pytest.raises(SystemExit, match=line):
        read_listener({name: value})


@pytest.mark.parametrize(
    "command",
    [
        ["ingest_function"],
        ["functions_framework", "--target=ingest", "--source=ingest_function/main.py", "--port=0"],
    ],
    ids=["service", "functions-framework"],
)
def test_no_host_starts_without_credentials(command: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        env={**os.environ, **MINIMAL, "GOOGLE_APPLICATION_CREDENTIALS": "missing.json"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    line = "ingest_function: File missing.json was not found.\n"
    assert (ended.returncode, ended.stderr) == (1, line)


def test_without_an_emulator_the_channel_is_googles_with_default_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked_for: list[str] = []

    def default(**options: Any) -> tuple[AnonymousCredentials, str]:
        asked_for.extend(options["default_scopes"])
        return AnonymousCredentials(), "aegis-local"

    monkeypatch.setattr("google.auth.default", default)

    async def scenario() -> None:
        await open_channel("").close()

    asyncio.run(scenario())
    assert "https://www.googleapis.com/auth/pubsub" in asked_for
