"""Reads and checks the settings of one environment, and prints them for a shell to evaluate.

    settings=$(python3 -m deploy.settings production) && eval "$settings"

The argument is the name of a file in deploy/environments, or the path of another. Needs nothing but
Python, because it runs where gcloud does.
"""

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

ENVIRONMENTS = Path(__file__).parent / "environments"
_ORIGIN = r"(?:chrome-extension://[a-p]{32}|https://[a-z0-9.-]+(?::[0-9]+)?)"
_ACCOUNT = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"
_RATE = r"(?:key|user|address):(?:events|bytes):[0-9.]+:[0-9.]+"
_EMAIL = r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+"
_NUMBER = r"[1-9][0-9]*"


class Rule(NamedTuple):
    """The form of a value, and that form in words."""

    pattern: str
    meaning: str


# Each limit is the service's own: https://cloud.google.com/iam/docs/service-accounts-create for
# accounts, https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names for Pub/Sub,
# https://cloud.google.com/storage/docs/buckets#naming for the bucket.
RULES = {
    "GCP_PROJECT_ID": Rule(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project's id, such as my-project"),
    "REGION": Rule(r"[a-z]+-[a-z]+[0-9]+", "a region, such as us-central1"),
    "PUB_SUB_TOPIC_ID": Rule(r"[A-Za-z][\w.~+%-]{2,254}", "a topic's name"),
    "PUB_SUB_SUBSCRIPTION_ID": Rule(r"[A-Za-z][\w.~+%-]{2,254}", "a subscription's name"),
    "BIGQUERY_LOCATION": Rule(r"US|EU|[a-z]+-[a-z]+[0-9]+", "US, EU or a region"),
    "BIGQUERY_DATASET_ID": Rule(r"[A-Za-z0-9_]{1,1024}", "a dataset's name"),
    "BIGQUERY_TABLE_ID": Rule(r"[A-Za-z0-9_]{1,1000}", "a table's name"),
    "EVENTS_EXPIRATION_DAYS": Rule(_NUMBER, "a number of days"),
    "DEAD_LETTERS_EXPIRATION_DAYS": Rule(_NUMBER, "a number of days"),
    "MAX_EVENT_AGE_DAYS": Rule(_NUMBER, "a number of days"),
    "STAGING_BUCKET": Rule(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "a bucket's name without gs://"),
    "ARTIFACT_REPOSITORY": Rule(r"[a-z][a-z0-9-]{0,61}[a-z0-9]", "a repository's name"),
    "EDGE_ACCOUNT": Rule(_ACCOUNT, "a service account's name without @"),
    "PIPELINE_ACCOUNT": Rule(_ACCOUNT, "a service account's name without @"),
    "DEPLOYER_ACCOUNT": Rule(_ACCOUNT, "a service account's name without @"),
    "CONSOLE_ACCOUNT": Rule(_ACCOUNT, "a service account's name without @"),
    "API_KEYS_SECRET": Rule(r"[\w-]{1,255}", "a secret's name"),
    "USER_ID_HMAC_KEY_SECRET": Rule(r"[\w-]{0,255}", "a secret's name, or nothing"),
    "CONSOLE_SECRET": Rule(r"[\w-]{1,255}", "a secret's name"),
    "CONSOLE_SERVICE": Rule(r"[a-z][a-z0-9-]{0,31}|", "a Cloud Run service's name, or nothing"),
    "CONSOLE_OPERATORS": Rule(
        rf"(?:{_EMAIL}(?:,{_EMAIL})*)?", "e-mail addresses separated by commas, or nothing"
    ),
    # With a candidate's tag of 18 characters it makes a name of at most 46.
    "EDGE_SERVICE": Rule(
        r"[a-z](?:[a-z0-9-]{0,26}[a-z0-9])?", "a Cloud Run service's name of at most 28 characters"
    ),
    "AUTH_MODE": Rule(r"api_key|google_id_token", "api_key or google_id_token"),
    "GOOGLE_ID_TOKEN_AUDIENCE": Rule(r"\S*", "the audience of the clients' tokens, or nothing"),
    "ALLOWED_ORIGINS": Rule(
        rf"(?:{_ORIGIN}(?:,{_ORIGIN})*)?",
        "origins such as chrome-extension://ID, without a path, separated by commas",
    ),
    "PRIVACY": Rule(r"off|annotated", "off or annotated"),
    "REFUSED_EVENTS": Rule(r"quarantine|discard", "quarantine or discard"),
    "RATE_LIMITS": Rule(
        rf"(?:{_RATE}(?:,{_RATE})*)?",
        "limits such as address:events:20:500, separated by commas, or nothing",
    ),
    "RATE_LIMITS_DRY_RUN": Rule(r"true|", "true or nothing"),
    "TRUSTED_PROXIES": Rule(r"[0-9]", "a number of proxies"),
    "EDGE_CONCURRENCY": Rule(r"[1-9][0-9]{0,2}|1000", "requests at once per instance, 1 to 1000"),
    "EDGE_MIN_INSTANCES": Rule(r"[0-9]+", "a number of instances"),
    "EDGE_MAX_INSTANCES": Rule(_NUMBER, "a number of instances"),
    "JOB_NAME": Rule(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?", "a Dataflow job's name"),
    "MAX_WORKERS": Rule(_NUMBER, "a number of workers"),
    "NETWORK": Rule(r"[a-z][a-z0-9-]*|", "a VPC network's name, or nothing"),
    "SUBNETWORK": Rule(
        r"regions/[a-z0-9-]+/subnetworks/[a-z0-9-]+|", "regions/REGION/subnetworks/NAME, or nothing"
    ),
    "PUBLIC_ADDRESSES": Rule(r"yes|no", "yes or no"),
    "ALERT_EMAIL": Rule(rf"{_EMAIL}|", "an e-mail address, or nothing"),
}


class SettingsError(ValueError):
    """A settings file cannot be used; each argument is one line that names what is wrong."""


def read(environment: str) -> dict[str, str]:
    """The settings of an environment, all of them checked.

    Raises:
        SettingsError: a name is missing, unknown or twice there, or a value is wrong.
    """
    path = settings_file(environment)
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in ENVIRONMENTS.glob("*.env")))
        raise SettingsError(f"{path}: there is no such file; environments here: {known}")
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    settings, faults = _assignments([line for line in lines if line and line[0] != "#"])
    faults = faults or [*_name_faults(settings)]
    faults = faults or [*_value_faults(settings)]
    faults = faults or [*_contradictions(settings)]
    if faults:
        raise SettingsError(*(f"{path.name}: {fault}" for fault in faults))
    return settings


def settings_file(environment: str) -> Path:
    """Where the settings of an environment are, by its name or its path."""
    is_path = "/" in environment or environment.endswith(".env")
    return Path(environment) if is_path else ENVIRONMENTS / f"{environment}.env"


def _assignments(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    settings: dict[str, str] = {}
    faults = []
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or not name.isidentifier():
            faults.append(f"{line!r} is not NAME=value")
        elif name in settings:
            faults.append(f"{name} is there twice")
        settings[name] = value
    return settings, faults


def _name_faults(settings: Mapping[str, str]) -> Iterator[str]:
    for name in settings.keys() - RULES.keys():
        close = get_close_matches(name, RULES, n=1)
        yield f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")
    for name, rule in RULES.items():
        if name not in settings:
            yield f"{name} is missing: {rule.meaning}"


def _value_faults(settings: Mapping[str, str]) -> Iterator[str]:
    for name, rule in RULES.items():
        if not re.fullmatch(rule.pattern, settings[name], re.ASCII):
            yield f"{name}={settings[name]}: must be {rule.meaning}"


def _contradictions(settings: Mapping[str, str]) -> Iterator[str]:
    region, location = settings["REGION"], settings["BIGQUERY_LOCATION"]
    # Rows that cross a border cost egress, and may not be allowed to leave.
    inside = {"US": ("us-",), "EU": ("europe-",)}.get(location, (location,))
    if not region.startswith(inside):
        yield f"BIGQUERY_LOCATION={location} does not match REGION={region}"
    subnetwork = settings["SUBNETWORK"]
    if subnetwork and not subnetwork.startswith(f"regions/{region}/"):
        yield f"SUBNETWORK={subnetwork} does not match REGION={region}"
    if settings["AUTH_MODE"] == "google_id_token" and not settings["GOOGLE_ID_TOKEN_AUDIENCE"]:
        yield "GOOGLE_ID_TOKEN_AUDIENCE is empty: AUTH_MODE=google_id_token needs it"
    if settings["PRIVACY"] == "annotated" and not settings["USER_ID_HMAC_KEY_SECRET"]:
        yield "USER_ID_HMAC_KEY_SECRET is empty: PRIVACY=annotated needs it"
    if int(settings["EDGE_MIN_INSTANCES"]) > int(settings["EDGE_MAX_INSTANCES"]):
        yield "EDGE_MIN_INSTANCES must not exceed EDGE_MAX_INSTANCES"
    # BigQuery stores no row in a partition that has expired already.
    if int(settings["EVENTS_EXPIRATION_DAYS"]) <= int(settings["MAX_EVENT_AGE_DAYS"]):
        yield "EVENTS_EXPIRATION_DAYS must exceed MAX_EVENT_AGE_DAYS"


def main() -> None:
    arguments = sys.argv[1:]
    # Standard output is for a shell to evaluate: help is not to be printed there.
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise SystemExit("usage: python3 -m deploy.settings ENVIRONMENT\n\n" + str(__doc__))
    try:
        settings = read(arguments[0])
    except SettingsError as error:
        raise SystemExit("\n".join(error.args)) from None
    for name, value in settings.items():
        print(f"{name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
