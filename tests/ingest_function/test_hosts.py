"""The function under each host: the same answers, and nothing acknowledged is lost when it ends."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from local.process import accepts, free_port
from tests.ingest_function.events import event
from tests.ingest_function.hosting import HOSTS, hosted, started_with
from tests.ingest_function.inbox import Inbox

# A release is tried with 50 of each: SIGTERMS=50.
SIGTERMS = int(os.environ.get("SIGTERMS", "1"))
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_serves_the_same_function(
    host: str, environment: dict[str, str], inbox: Inbox, tmp_path: Path
) -> None:
    with hosted(host, environment, tmp_path) as (url, _):
        accepted = httpx.post(f"{url}/v1/events", json=event(user_id=host), timeout=60)
        refused = httpx.post(f"{url}/v1/events", json={}, timeout=60)
        health = httpx.get(f"{url}/health", timeout=60)
    assert [accepted.status_code, refused.status_code, health.status_code] == [202, 400, 200]
    assert refused.headers["content-type"] == "application/problem+json"
    assert [fields["user_id"] for fields in inbox.events()] == [host]


# What functions-framework 3.10 reads, and Cloud Run functions may set by themselves.
FRAMEWORK_VARIABLES = {
    "LOG_EXECUTION_ID": "true",
    "CLOUD_RUN_TIMEOUT_SECONDS": "300",
    "THREADED_TIMEOUT_ENABLED": "true",
    "GUNICORN_LOG_LEVEL": "info",
    "WORKERS": "2",
    "THREADS": "8",
    "ENTRY_POINT": "ingest",
    "K_SERVICE": "aegis-edge",
    "FUNCTION_TARGET": "ingest",
    "FUNCTION_SIGNATURE_TYPE": "http",
}


def test_no_variable_of_the_framework_changes_an_answer(
    environment: dict[str, str], inbox: Inbox, tmp_path: Path
) -> None:
    variables = {**environment, **FRAMEWORK_VARIABLES}
    with hosted("functions-framework", variables, tmp_path) as (url, _):
        statuses = [
            httpx.post(f"{url}/v1/events", json=event(), timeout=60).status_code for _ in range(4)
        ]
    assert statuses == [202] * 4
    assert len(inbox.messages()) == 4


def test_a_log_that_nobody_reads_costs_no_answer(environment: dict[str, str], inbox: Inbox) -> None:
    port = free_port()
    command, variables = started_with("service", port)
    with subprocess.Popen(
        command, env={**os.environ, **environment, **variables}, stdout=subprocess.PIPE
    ) as process:
        wait_until(lambda: accepts(port))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            stalled = {client.get("/health").status_code for _ in range(500)}
            assert process.stdout is not None
            process.stdout.close()
            accepted = client.post("/v1/events", json=event()).status_code
        process.terminate()
    assert (stalled, accepted) == ({200}, 202)
    assert len(inbox.messages()) == 1


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Load:
    """Clients that keep a connection each and send without a pause, until an answer says close.

    `acknowledged` holds the events of every 202, `unanswered` the requests that got no answer.
    """

    def __init__(self, url: str, clients: int) -> None:
        self._address = urlsplit(url)
        self._pool = ThreadPoolExecutor(clients)
        self.acknowledged: set[str] = set()
        self.unanswered: list[Exception] = []
        self._runs = [self._pool.submit(self._send) for _ in range(clients)]

    def _send(self) -> None:
        assert self._address.port
        connection = HTTPConnection("127.0.0.1", self._address.port, timeout=60)
        while True:
            try:
                connection.request("POST", "/v1/events", json.dumps([event()] * 3), JSON)
                response = connection.getresponse()
                document = json.load(response)
            except (OSError, HTTPException) as error:
                self.unanswered.append(error)
                return
            if response.status == 202:
                self.acknowledged.update(entry["event_id"] for entry in document["accepted"])
            if response.getheader("Connection") == "close":
                connection.close()
                return

    def join(self) -> None:
        for run in self._runs:
            run.result()
        self._pool.shutdown()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_sigterm_leaves_no_request_unanswered_and_no_202_unstored(
    host: str, workers: str, environment: dict[str, str], inbox: Inbox, tmp_path: Path
) -> None:
    variables = {**environment, "WEB_CONCURRENCY": workers, "WORKERS": workers}
    acknowledged: set[str] = set()
    for _ in range(SIGTERMS):
        with hosted(host, variables, tmp_path) as (url, process):
            load = Load(url, clients=4)
            wait_until(lambda load=load: len(load.acknowledged) >= 60)  # type: ignore[misc]
            process.stop()
            load.join()
            assert load.unanswered == []
            acknowledged |= load.acknowledged
    stored = {json.loads(message.data)["event_id"] for message in inbox.messages()}
    assert len(acknowledged) >= 60 * SIGTERMS
    assert acknowledged <= stored
