"""The environment, read and checked once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flex_template.bigquery.table_name import TableName
from flex_template.trace.story import Tables
from schemas import DEFAULT_AGE_DAYS, Limits

# https://cloud.google.com/iap/docs/signed-headers-howto
IAP_CERTS_URL = "https://www.gstatic.com/iap/verify/public_key"
_MIN_SECRET_LENGTH = 16  # characters: 96 bits, if they are random base64


class ConfigurationError(ValueError):
    """A variable is missing or wrong; the message names it, and never holds a secret."""


class AccessMode(StrEnum):
    LOOPBACK = "loopback"
    IAP = "iap"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `docs/console.md` describes, variable by variable.

    `viewers` is empty where everyone whom Identity-Aware Proxy lets through may look.
    """

    tables: Tables
    topic: str
    access: AccessMode
    iap_audience: str
    iap_certs_url: str
    operators: frozenset[str]
    viewers: frozenset[str]
    secret_key: str = field(repr=False)
    user_id_key: bytes = field(repr=False)
    limits: Limits

    @property
    def dataset(self) -> str:
        """The dataset in which the reports are, as project.dataset."""
        return TableName.parse(self.tables.events).full_dataset


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check every variable.

    Raises:
        ConfigurationError: naming the first variable that is missing or wrong.
    """
    project = _required(environment, "GCP_PROJECT_ID")
    access = _access(environment)
    behind_iap = access is AccessMode.IAP
    return Settings(
        tables=_tables(environment, project),
        topic=f"projects/{project}/topics/{_required(environment, 'PUB_SUB_TOPIC_ID')}",
        access=access,
        iap_audience=_required(environment, "CONSOLE_IAP_AUDIENCE") if behind_iap else "",
        iap_certs_url=environment.get("CONSOLE_IAP_CERTS_URL", IAP_CERTS_URL),
        operators=_people(environment, "CONSOLE_OPERATORS"),
        viewers=_people(environment, "CONSOLE_VIEWERS"),
        secret_key=_secret_key(environment, behind_iap=behind_iap),
        user_id_key=environment.get("USER_ID_HMAC_KEY", "").encode(),
        limits=Limits.of_days(_days(environment)),
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} must be set")
    return value


def _tables(environment: Mapping[str, str], project: str) -> Tables:
    dataset = _required(environment, "BIGQUERY_DATASET_ID")
    table = _required(environment, "BIGQUERY_TABLE_ID")
    try:
        events = TableName.parse(f"{project}.{dataset}.{table}")
    except ValueError as error:
        names = "GCP_PROJECT_ID, BIGQUERY_DATASET_ID, BIGQUERY_TABLE_ID"
        raise ConfigurationError(f"{names}: {error}") from None
    return Tables(str(events), str(events.beside("dead_letters")), str(events.beside("replays")))


def _access(environment: Mapping[str, str]) -> AccessMode:
    value = environment.get("CONSOLE_ACCESS", "")
    if value not in list(AccessMode):
        raise ConfigurationError(f"CONSOLE_ACCESS must be one of {', '.join(AccessMode)}")
    return AccessMode(value)


def _secret_key(environment: Mapping[str, str], *, behind_iap: bool) -> str:
    """Several instances share one; a single one on loopback needs none that outlives it."""
    key = environment.get("CONSOLE_SECRET_KEY", "")
    if not key and not behind_iap:
        return secrets.token_urlsafe(32)
    if len(key) < _MIN_SECRET_LENGTH:
        message = f"CONSOLE_SECRET_KEY must have {_MIN_SECRET_LENGTH} or more characters"
        raise ConfigurationError(message)
    return key


def _people(environment: Mapping[str, str], name: str) -> frozenset[str]:
    listed = environment.get(name, "").split(",")
    return frozenset(email.strip().lower() for email in listed if email.strip())


def _days(environment: Mapping[str, str]) -> float:
    try:
        days = float(environment.get("MAX_EVENT_AGE_DAYS", DEFAULT_AGE_DAYS))
    except ValueError:
        days = 0
    if not 0 < days < float("inf"):
        raise ConfigurationError("MAX_EVENT_AGE_DAYS must be a number above 0")
    return days
