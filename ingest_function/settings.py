"""The environment, read and checked once."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ingest_function.limits.rules import Rule, parse_rule
from ingest_function.logs.logs import Severity
from schemas import DEFAULT_AGE_DAYS, Limits, SchemaFileError, versions
from schemas.tracing import exports_spans

GOOGLE_CERTS_URL = "https://www.googleapis.com/oauth2/v1/certs"
MIN_SECRET_LENGTH = 16
_KEY_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#*\s]+")


class ConfigurationError(ValueError):
    """A variable is missing or wrong; the message names it, and never holds a secret."""


class AuthMode(StrEnum):
    API_KEY = "api_key"
    GOOGLE_ID_TOKEN = "google_id_token"  # noqa: S105 - the name of a mode
    NONE = "none"


class Privacy(StrEnum):
    """Whether the edge does to each property what its `x-privacy` annotation says."""

    ANNOTATED = "annotated"
    OFF = "off"


class ApiKey(NamedTuple):
    """A key, its name for the logs, and the beginning of every user id that it may send."""

    name: str
    secret: bytes
    user_id_prefix: str


@dataclass(frozen=True, slots=True)
class Settings:
    """`docs/edge.md` describes every variable; times are in seconds."""

    project: str
    topic: str
    auth_mode: AuthMode
    api_keys: tuple[ApiKey, ...] = field(repr=False)
    token_audiences: frozenset[str]
    certs_url: str
    allowed_origins: frozenset[str]
    privacy: Privacy
    user_id_key: bytes = field(repr=False)
    quarantines: bool
    limits: Limits
    rate_limits: tuple[Rule, ...]
    rate_limits_dry_run: bool
    trusted_proxies: int
    publish_timeout: float
    log_level: Severity
    emulator_host: str
    exports_spans: bool


def load_settings() -> Settings:
    """The settings of this process; ends it with one line if they are wrong."""
    try:
        versions()  # a version file at fault stops the start, not the first request
        return read_settings(os.environ)
    except (ConfigurationError, SchemaFileError) as error:
        raise SystemExit(f"ingest_function: {error}") from None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check every variable.

    Raises:
        ConfigurationError: naming the first variable that is missing or wrong.
    """
    project = _required(environment, "GCP_PROJECT_ID")
    emulator_host = environment.get("PUBSUB_EMULATOR_HOST", "")
    auth_mode = _auth_mode(environment, local=bool(emulator_host))
    return Settings(
        project=project,
        topic=f"projects/{project}/topics/{_required(environment, 'PUB_SUB_TOPIC_ID')}",
        auth_mode=auth_mode,
        api_keys=_api_keys(environment) if auth_mode is AuthMode.API_KEY else (),
        token_audiences=(
            frozenset(_listed(_required(environment, "GOOGLE_ID_TOKEN_AUDIENCE")))
            if auth_mode is AuthMode.GOOGLE_ID_TOKEN
            else frozenset()
        ),
        certs_url=environment.get("GOOGLE_CERTS_URL", GOOGLE_CERTS_URL),
        allowed_origins=_origins(environment),
        privacy=_privacy(environment),
        user_id_key=_user_id_key(environment),
        quarantines=_quarantines(environment),
        limits=Limits.of_days(
            _positive(environment, "MAX_EVENT_AGE_DAYS", default=str(DEFAULT_AGE_DAYS))
        ),
        rate_limits=_rate_limits(environment),
        rate_limits_dry_run=environment.get("RATE_LIMITS_DRY_RUN", "") == "true",
        trusted_proxies=_whole(environment, "TRUSTED_PROXIES", default="0"),
        publish_timeout=_positive(environment, "PUBLISH_TIMEOUT_SECONDS", default="10"),
        log_level=_log_level(environment),
        emulator_host=emulator_host,
        exports_spans=exports_spans(environment),
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} must be set")
    return value


def _auth_mode(environment: Mapping[str, str], *, local: bool) -> AuthMode:
    value = environment.get("AUTH_MODE", "")
    if value not in list(AuthMode):
        raise ConfigurationError(f"AUTH_MODE must be one of {', '.join(AuthMode)}")
    if value == AuthMode.NONE and not local:
        raise ConfigurationError("AUTH_MODE=none is allowed only with PUBSUB_EMULATOR_HOST")
    return AuthMode(value)


def _api_keys(environment: Mapping[str, str]) -> tuple[ApiKey, ...]:
    keys = [_api_key(item) for item in _listed(_required(environment, "API_KEYS"))]
    if min((len(key.secret) for key in keys), default=0) < MIN_SECRET_LENGTH:
        raise ConfigurationError(f"API_KEYS must have {MIN_SECRET_LENGTH} or more characters each")
    names = [key.name for key in keys if key.name]
    if len(set(names)) < len(names):
        raise ConfigurationError("API_KEYS must have a name of its own for each key")
    return tuple(keys)


def _api_key(text: str) -> ApiKey:
    """`key`, `name:key` or `name:key:prefix`; the prefix `any`, or none, opens every user id."""
    name, secret, prefix = (*text.split(":", 2), "any")[:3] if ":" in text else ("", text, "any")
    if name and not _KEY_NAME.fullmatch(name):
        raise ConfigurationError("API_KEYS: a name has up to 32 letters, digits, '-' and '_'")
    return ApiKey(name, secret.encode(), "" if prefix == "any" else prefix)


def _origins(environment: Mapping[str, str]) -> frozenset[str]:
    origins = _listed(environment.get("ALLOWED_ORIGINS", ""))
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigurationError(f"ALLOWED_ORIGINS: {origin!r} is not scheme://host")
    return frozenset(origins)


def _user_id_key(environment: Mapping[str, str]) -> bytes:
    key = environment.get("USER_ID_HMAC_KEY", "").encode()
    if 0 < len(key) < MIN_SECRET_LENGTH:
        raise ConfigurationError(f"USER_ID_HMAC_KEY must have {MIN_SECRET_LENGTH} or more bytes")
    return key


def _privacy(environment: Mapping[str, str]) -> Privacy:
    value = environment.get("PRIVACY", Privacy.OFF)
    if value not in list(Privacy):
        raise ConfigurationError(f"PRIVACY must be one of {', '.join(Privacy)}")
    if value == Privacy.ANNOTATED and not environment.get("USER_ID_HMAC_KEY"):
        raise ConfigurationError("PRIVACY=annotated needs USER_ID_HMAC_KEY")
    return Privacy(value)


def _quarantines(environment: Mapping[str, str]) -> bool:
    value = environment.get("REFUSED_EVENTS", "quarantine")
    if value not in {"quarantine", "discard"}:
        raise ConfigurationError("REFUSED_EVENTS must be quarantine or discard")
    return value == "quarantine"


def _positive(environment: Mapping[str, str], name: str, *, default: str) -> float:
    try:
        value = float(environment.get(name, default))
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise ConfigurationError(f"{name} must be a number above 0")
    return value


def _whole(environment: Mapping[str, str], name: str, *, default: str) -> int:
    value = environment.get(name, default)
    if not (value.isascii() and value.isdigit() and len(value) < 3):  # noqa: PLR2004
        raise ConfigurationError(f"{name} must be a whole number from 0 to 99")
    return int(value)


def _rate_limits(environment: Mapping[str, str]) -> tuple[Rule, ...]:
    try:
        return tuple(map(parse_rule, _listed(environment.get("RATE_LIMITS", ""))))
    except ValueError as error:
        form = "(key|user|address):(events|bytes):per_second:burst"
        raise ConfigurationError(f"RATE_LIMITS: {str(error)!r} is not {form}") from None


def _log_level(environment: Mapping[str, str]) -> Severity:
    name = environment.get("LOG_LEVEL", Severity.INFO.name)
    if name not in Severity.__members__:
        raise ConfigurationError(f"LOG_LEVEL must be one of {', '.join(Severity.__members__)}")
    return Severity[name]


def _listed(text: str) -> list[str]:
    return [item for item in (part.strip() for part in text.split(",")) if item]
