"""Who may look, who may act, and what no other site may do."""

import re

import pytest
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from werkzeug.test import TestResponse

from console.app import create_app
from tests.console.proxy import (
    OPERATOR,
    OTHER_KEY,
    STRANGER,
    VIEWER,
    assertion,
    settings_behind,
)
from tests.flex_template.replay.topic import Topic
from tests.warehouse import Warehouse

ACTIONS = ["/replays/preview", "/replays", "/erase/count", "/erase"]


@pytest.fixture
def proxied(environment: dict[str, str], httpserver: HTTPServer) -> FlaskClient:
    """The console as it runs behind Identity-Aware Proxy."""
    return create_app(environment | settings_behind(httpserver)).test_client()


@pytest.mark.parametrize("email", [OPERATOR, VIEWER, OPERATOR.upper()])
def test_operators_and_viewers_may_look(proxied: FlaskClient, email: str) -> None:
    assert proxied.get("/erase", headers=assertion(email)).status_code == 200


def test_the_proxys_keys_are_fetched_once(proxied: FlaskClient, httpserver: HTTPServer) -> None:
    for _ in range(3):
        assert proxied.get("/erase", headers=assertion(VIEWER)).status_code == 200
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Goog-IAP-JWT-Assertion": "a.b.c"}, 401),
        ({"X-Goog-Authenticated-User-Email": f"accounts.google.com:{OPERATOR}"}, 401),
        (assertion(OPERATOR, OTHER_KEY), 401),
        (assertion(OPERATOR, aud="/projects/1/global/backendServices/3"), 401),
        (assertion(OPERATOR, iss="https://accounts.google.com"), 401),
        (assertion(OPERATOR, iat=1_000_000_000, exp=1_000_000_300), 401),
    ],
)
def test_a_wrong_token_sees_nothing(
    proxied: FlaskClient, headers: dict[str, str], status: int
) -> None:
    answer = proxied.get("/erase", headers=headers)
    assert answer.status_code == status
    assert "Erase a user" not in answer.text


@pytest.mark.parametrize("email", [STRANGER, ""])
def test_a_stranger_sees_nothing(proxied: FlaskClient, email: str) -> None:
    answer = proxied.get("/erase", headers=assertion(email))  # signed now: it lives five minutes
    assert answer.status_code == 403
    assert "Erase a user" not in answer.text


@pytest.mark.parametrize("path", ACTIONS)
def test_a_viewer_may_not_act(proxied: FlaskClient, path: str) -> None:
    form = {"csrf_token": token(proxied.get("/dead-letters/group", headers=assertion(VIEWER)))}
    answer = proxied.post(path, data=form, headers=assertion(VIEWER))
    assert (answer.status_code, "only operators may do that" in answer.text) == (403, True)


def test_a_token_serves_nobody_else(proxied: FlaskClient) -> None:
    form = {"csrf_token": token(proxied.get("/dead-letters/group", headers=assertion(VIEWER)))}
    answer = proxied.post("/erase/count", data=form, headers=assertion(OPERATOR))
    assert (answer.status_code, "too old, or not ours" in answer.text) == (403, True)


@pytest.mark.parametrize("path", ACTIONS)
@pytest.mark.parametrize("value", [None, "", "x", "ImxvY2FsIg.aaaaaa.bbbbbb"])
def test_a_form_without_our_token_is_refused(
    client: FlaskClient, path: str, value: str | None
) -> None:
    answer = client.post(path, data={"csrf_token": value} if value is not None else {})
    assert answer.status_code == 403


def test_a_form_from_another_site_is_refused(client: FlaskClient) -> None:
    form = {"csrf_token": token(client.get("/erase")), "user_id": "u"}
    answer = client.post("/erase/count", data=form, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, "from another site" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("host", "remote"), [("evil.example", "127.0.0.1"), ("127.0.0.1", "192.0.2.1")]
)
def test_on_loopback_only_this_machine_is_served(
    client: FlaskClient, host: str, remote: str
) -> None:
    answer = client.get("/erase", headers={"Host": host}, environ_overrides={"REMOTE_ADDR": remote})
    assert answer.status_code == 403


def test_every_answer_forbids_inline_scripts_and_frames(client: FlaskClient) -> None:
    for path in ("/erase", "/nowhere", "/static/style.css"):
        with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_every_action_is_logged_without_the_user(
    client: FlaskClient, filled: Warehouse, topic: Topic, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled.dead_letters
    assert topic.messages() == []
    form = {"csrf_token": token(client.get("/erase")), "confirmed": "yes"}
    client.post("/erase", data=form | {"user_id": "user-1"})
    client.post("/replays", data=form | {"repair": ".", "error_code": "wrong_type"})
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [re.findall(r'"action":"(\w+)"', line) for line in lines] == [["erase"], ["replay"]]
    assert all('"person":"local"' in line and "user-1" not in line for line in lines)


@pytest.mark.parametrize("form", [{}, {"user_id": " "}, {"user_id": "u"}])
def test_erasing_needs_a_user_and_a_confirmation(
    client: FlaskClient, filled: Warehouse, form: dict[str, str]
) -> None:
    before = len(filled.rows("events"))
    answer = client.post("/erase", data=form | {"csrf_token": token(client.get("/erase"))})
    assert answer.status_code == 400
    assert len(filled.rows("events")) == before


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"CONSOLE_ACCESS": ""}, "CONSOLE_ACCESS must be one of loopback, iap"),
        ({"CONSOLE_ACCESS": "iap"}, "CONSOLE_IAP_AUDIENCE must be set"),
        (
            {"CONSOLE_ACCESS": "iap", "CONSOLE_IAP_AUDIENCE": "a", "CONSOLE_SECRET_KEY": "short"},
            "CONSOLE_SECRET_KEY must have 16 or more characters",
        ),
        ({"MAX_EVENT_AGE_DAYS": "-1"}, "MAX_EVENT_AGE_DAYS must be a number above 0"),
        ({"GCP_PROJECT_ID": " "}, "GCP_PROJECT_ID must be set"),
        (
            {"BIGQUERY_TABLE_ID": "my events"},
            r"GCP_PROJECT_ID, BIGQUERY_DATASET_ID, BIGQUERY_TABLE_ID: '.+ events' is malformed; .+",
        ),
    ],
)
def test_wrong_settings_stop_the_start_with_one_line(
    environment: dict[str, str], changed: dict[str, str], words: str
) -> None:
    with pytest.raises(SystemExit, match=f"^console: {words}$"):
        create_app(environment | changed)


def token(answer: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]
