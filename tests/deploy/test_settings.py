"""A settings file is read whole, or refused by name before anything is created."""

import re
from pathlib import Path

import pytest

from deploy.settings import ENVIRONMENTS, RULES, SettingsError, main, read
from ingest_function import settings as edge_settings
from schemas import DEFAULT_AGE_DAYS
from tests.deploy.project import PROJECT, REPOSITORY, environment_text

EXTENSION = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


def read_text(folder: Path, text: str) -> dict[str, str]:
    path = folder / "staging.env"
    path.write_text(text)
    return read(str(path))


def test_a_filled_in_file_is_read_whole(tmp_path: Path) -> None:
    settings = read_text(tmp_path, environment_text(ALLOWED_ORIGINS=EXTENSION))
    assert settings.keys() == RULES.keys()
    assert settings["GCP_PROJECT_ID"] == PROJECT
    assert settings["ALLOWED_ORIGINS"] == EXTENSION


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_an_environment_as_it_ships_asks_for_its_project_and_its_bucket(environment: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(environment)
    assert [line.split("=")[0] for line in refused.value.args] == [
        f"{environment}.env: GCP_PROJECT_ID",
        f"{environment}.env: STAGING_BUCKET",
    ]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("GCP_PROJECT_ID", "My Project", "GCP_PROJECT_ID=My Project: must be a project's id"),
        ("REGION", "us-central", "REGION=us-central: must be a region"),
        ("BIGQUERY_LOCATION", "EU", "BIGQUERY_LOCATION=EU does not match REGION=us-central1"),
        ("BIGQUERY_LOCATION", "us-east1", "BIGQUERY_LOCATION=us-east1 does not match REGION"),
        ("SUBNETWORK", "regions/us-east1/subnetworks/a", "does not match REGION=us-central1"),
        ("ALLOWED_ORIGINS", f"{EXTENSION}/popup.html", "without a path"),
        ("ALLOWED_ORIGINS", "https://example.com/", "without a path"),
        ("ALLOWED_ORIGINS", f"{EXTENSION} {EXTENSION}", "separated by commas"),
        ("ALLOWED_ORIGINS", "*", "ALLOWED_ORIGINS=*: must be origins"),
        ("AUTH_MODE", "none", "AUTH_MODE=none: must be api_key or google_id_token"),
        ("AUTH_MODE", "google_id_token", "GOOGLE_ID_TOKEN_AUDIENCE is empty"),
        ("EVENTS_EXPIRATION_DAYS", "300", "EVENTS_EXPIRATION_DAYS must exceed MAX_EVENT_AGE_DAYS"),
        ("EDGE_CONCURRENCY", "0", "EDGE_CONCURRENCY=0: must be requests at once"),
        ("EDGE_SERVICE", "a" * 29, "a Cloud Run service's name of at most 28 characters"),
        ("EDGE_MIN_INSTANCES", "21", "EDGE_MIN_INSTANCES must not exceed EDGE_MAX_INSTANCES"),
        ("STAGING_BUCKET", "gs://bucket", "STAGING_BUCKET=gs://bucket: must be a bucket's name"),
        ("ALERT_EMAIL", "$(reboot)@x.y z", "ALERT_EMAIL=$(reboot)@x.y z: must be an e-mail"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    tmp_path: Path, name: str, value: str, complaint: str
) -> None:
    changes = {"ALERT_EMAIL": "", name: value}
    lines = environment_text(**changes)
    with pytest.raises(SettingsError) as refused:
        read_text(tmp_path, lines)
    assert len(refused.value.args) == 1
    assert complaint in refused.value.args[0]


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("REGION=", "REGOIN=", "REGOIN is not a setting; did you mean REGION?"),
        ("REGION=us-central1\n", "", "REGION is missing: a region"),
        ("REGION=us-central1\n", "REGION=us-central1\nREGION=us-east1\n", "REGION is there twice"),
        ("REGION=us-central1\n", "export REGION\n", "'export REGION' is not NAME=value"),
    ],
)
def test_a_wrong_name_is_refused_by_name(
    tmp_path: Path, before: str, after: str, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        read_text(tmp_path, environment_text().replace(before, after, 1))


def test_both_environments_have_every_setting_and_nothing_else() -> None:
    for path in ENVIRONMENTS.glob("*.env"):
        lines = path.read_text().splitlines()
        names = [line.partition("=")[0] for line in lines if line and line[0] != "#"]
        assert sorted(names) == sorted(RULES)


def test_the_documentation_describes_every_setting() -> None:
    page = (REPOSITORY / "docs/deploy.md").read_text()
    rows = page.split("\n| setting | as shipped | what |\n")[1].split("\n\n")[0]
    described = [
        name for row in rows.splitlines() for name in re.findall("`(.+?)`", row.split("|")[1])
    ]
    assert sorted(described) == sorted(RULES)


def test_an_environment_ships_with_the_age_that_the_programs_have_by_default() -> None:
    for path in ENVIRONMENTS.glob("*.env"):
        assert f"MAX_EVENT_AGE_DAYS={DEFAULT_AGE_DAYS}\n" in path.read_text()


def test_an_origin_that_set_up_takes_is_one_that_the_edge_takes(tmp_path: Path) -> None:
    origins = f"{EXTENSION},https://example.com:8443"
    settings = read_text(tmp_path, environment_text(ALLOWED_ORIGINS=origins))
    edge = edge_settings.read_settings(
        settings | {"PUBSUB_EMULATOR_HOST": "127.0.0.1:1", "API_KEYS": "a-key-of-16-letters"}
    )
    assert edge.allowed_origins == set(origins.split(","))


def test_the_deployment_sets_every_variable_of_the_edge() -> None:
    script = (REPOSITORY / "deploy/steps/candidate.sh").read_text()
    source = (REPOSITORY / "ingest_function/settings.py").read_text()
    read_by_the_edge = set(re.findall(r'"([A-Z]+_[A-Z_]+|PRIVACY)"', source))
    set_here = set(re.findall(r'"([A-Z_]+)=\$', script))
    # What only an emulator or an investigation needs, with defaults that a deployment keeps.
    left_out = {"GOOGLE_CERTS_URL", "LOG_LEVEL", "PUBLISH_TIMEOUT_SECONDS", "PUBSUB_EMULATOR_HOST"}
    assert "PRIVACY" in read_by_the_edge
    assert read_by_the_edge - left_out <= set_here


@pytest.mark.parametrize("arguments", [[], ["--help"], ["staging", "production"]])
def test_nothing_but_settings_is_printed_for_a_shell_to_evaluate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["deploy.settings", *arguments])
    with pytest.raises(SystemExit, match=r"^usage: python3 -m deploy\.settings ENVIRONMENT"):
        main()
    assert capsys.readouterr().out == ""
