"""Sends one real event through a candidate of the edge, and looks where it went.

    python3 -m deploy.steps.check_edge ENVIRONMENT TAG          its row, or its message
    python3 -m deploy.steps.check_edge ENVIRONMENT TAG --row    its row

The event has the signal type `deployment_check` and the user `deployment-check`. Needs nothing but
Python and the Google Cloud CLI, because it runs where gcloud does.
"""

import base64
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from deploy.help import answer_help
from deploy.settings import read
from deploy.steps.service import find

# For how long an address may answer 5xx: at first a cold start, and until it is known everywhere.
ANSWER_SECONDS = {"/health": 60, "/v1/events": int(os.environ.get("EVENT_WAIT_SECONDS", "10"))}
# A job says that it runs some minutes before its workers do.
ROW_SECONDS = int(os.environ.get("ROW_WAIT_SECONDS", "600"))
PULL_SIZE = 100

T = TypeVar("T")


class CheckError(Exception):
    """The candidate must not serve; the message says why."""


class Answer(NamedTuple):
    status: int
    text: str


class Candidate(NamedTuple):
    """`url` is the tag's address; `headers` let a request through Cloud Run and the edge."""

    url: str
    headers: dict[str, str]
    user_id: str

    def send(self, path: str, event: dict[str, Any] | None = None) -> Answer:
        """Send one request, again while Cloud Run does not know the address yet."""
        headers = self.headers | {"Content-Type": "application/json"}
        body = None if event is None else json.dumps(event).encode()
        request = Request(self.url + path, data=body, headers=headers)  # noqa: S310 - ours
        return _repeat(lambda: _answer(request), _is_final, ANSWER_SECONDS[path])


def _is_final(answer: Answer) -> bool:
    return answer.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _answer(request: Request) -> Answer:
    try:
        with urlopen(request, timeout=30) as response:  # noqa: S310 - Cloud Run's address
            return Answer(response.status, response.read().decode())
    except HTTPError as error:
        return Answer(error.code, error.read().decode(errors="replace"))
    except (URLError, TimeoutError) as error:
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


def _repeat(attempt: Callable[[], T], is_done: Callable[[T], bool], seconds: float) -> T:
    """Try at once and then ever less often; the last result when time is over."""
    end, pause = time.monotonic() + seconds, 0.5
    while not is_done(result := attempt()) and time.monotonic() + pause < end:
        time.sleep(pause)
        pause = min(pause * 2, 15)
    return result


def run(*command: str) -> str:
    """What a command printed.

    Raises:
        CheckError: it failed; with what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckError(f"{' '.join(command[:4])} ...: {done.stderr.strip()}")
    return done.stdout.strip()


def identity_token(audience: str) -> str:
    """An ID token of the account that runs this; people's accounts have no audiences."""
    try:
        return run("gcloud", "auth", "print-identity-token", f"--audiences={audience}")
    except CheckError as error:
        if "Invalid account type" not in str(error):
            raise
    return run("gcloud", "auth", "print-identity-token")


def open_candidate(settings: dict[str, str], tag: str) -> Candidate:
    """The candidate behind `tag`, with credentials for Cloud Run and for the edge itself."""
    region = f"--region={settings['REGION']}"
    services = json.loads(run("gcloud", "run", "services", "list", region, "--format=json"))
    service = find(services, settings["EDGE_SERVICE"])
    # Cloud Run takes its token from this header, and leaves Authorization to the service:
    # https://cloud.google.com/run/docs/authenticating/service-to-service
    token = identity_token(service.url())
    headers = {"X-Serverless-Authorization": f"Bearer {token}"}
    user_id = "deployment-check"
    if settings["AUTH_MODE"] == "google_id_token":
        own = identity_token(settings["GOOGLE_ID_TOKEN_AUDIENCE"])
        headers["Authorization"] = f"Bearer {own}"
        user_id = _subject(own)
    else:
        secret = f"--secret={settings['API_KEYS_SECRET']}"
        keys = run("gcloud", "secrets", "versions", "access", "latest", secret)
        headers["Authorization"] = f"Bearer {keys.split(',')[0]}"
    return Candidate(service.url(tag), headers, user_id)


def _subject(token: str) -> str:
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])


def send_event(candidate: Candidate) -> dict[str, str]:
    """The `event_id` and `message_id` of one accepted event.

    Raises:
        CheckError: the candidate is not healthy, or did not accept the event.
    """
    health = candidate.send("/health")
    if health.status != HTTPStatus.OK:
        raise CheckError(f"/health answered {health.status}: {health.text[:500]}")
    event = {
        "event_id": str(uuid.uuid4()),
        "user_id": candidate.user_id,
        "timestamp": datetime.now(UTC).isoformat(),
        "signal_type": "deployment_check",
        "source_platform": "cloud_build",
    }
    answer = candidate.send("/v1/events", event)
    if answer.status != HTTPStatus.ACCEPTED:
        raise CheckError(f"/v1/events answered {answer.status}: {answer.text[:500]}")
    accepted: dict[str, str] = json.loads(answer.text)["accepted"][0]
    print(f"accepted event {accepted['event_id']} as message {accepted['message_id']}")
    return accepted


def has_row(settings: dict[str, str], event_id: str) -> bool:
    """Whether the table holds the event; looks at one day's partition."""
    table = ".".join(
        settings[name] for name in ("GCP_PROJECT_ID", "BIGQUERY_DATASET_ID", "BIGQUERY_TABLE_ID")
    )
    query = (
        f"SELECT event_id FROM `{table}` WHERE timestamp >= "  # noqa: S608 - checked settings
        f"TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR) AND event_id = '{event_id}'"
    )
    rows = run("bq", "--format=json", "query", "--use_legacy_sql=false", query)
    return event_id in rows


def has_message(settings: dict[str, str], message_id: str) -> bool:
    """Whether the subscription holds the message; what is pulled goes back at once."""
    subscription = settings["PUB_SUB_SUBSCRIPTION_ID"]
    group = ("gcloud", "pubsub", "subscriptions")
    limit = f"--limit={PULL_SIZE}"
    pulled = json.loads(run(*group, "pull", subscription, limit, "--format=json") or "[]")
    if pulled:
        ids = ",".join(received["ackId"] for received in pulled)
        run(
            *group,
            "modify-message-ack-deadline",
            subscription,
            f"--ack-ids={ids}",
            "--ack-deadline=0",
        )
    return message_id in _message_ids(pulled)


def _message_ids(pulled: Iterable[dict[str, Any]]) -> set[str]:
    return {received["message"]["messageId"] for received in pulled}


def job_is_active(settings: dict[str, str]) -> bool:
    flags = (f"--region={settings['REGION']}", "--status=active", "--format=value(id)")
    name = f"--filter=name={settings['JOB_NAME']}"
    return bool(run("gcloud", "dataflow", "jobs", "list", *flags, name))


def look_for(settings: dict[str, str], accepted: dict[str, str], *, row_only: bool) -> None:
    """Wait for the row, or without a job for the message.

    Raises:
        CheckError: neither came in time.
    """
    only_rows = row_only or job_is_active(settings)

    def found() -> str:
        if has_row(settings, accepted["event_id"]):
            return "row"
        is_waiting = not only_rows and has_message(settings, accepted["message_id"])
        return "message" if is_waiting else ""

    if not (where := _repeat(found, bool, ROW_SECONDS)):
        raise CheckError(f"after {ROW_SECONDS} seconds the event is nowhere: {accepted}")
    print(f"found its {where}")


def main() -> None:
    answer_help(__doc__)
    environment, tag, *flags = sys.argv[1:]
    settings = read(environment)
    try:
        candidate = open_candidate(settings, tag)
        look_for(settings, send_event(candidate), row_only="--row" in flags)
    except CheckError as error:
        raise SystemExit(f"the candidate does not pass: {error}") from None


if __name__ == "__main__":
    main()
