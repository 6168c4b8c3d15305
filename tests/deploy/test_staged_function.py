"""The staged source folder serves with nothing but its own requirements, as Cloud Run builds it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from google.pubsub_v1 import PubsubMessage

from local.process import Process, accepts, free_port
from local.pubsub import clients as pubsub_clients
from local.pubsub.server import PubSubServer
from tests.deploy.project import REPOSITORY
from tests.machine import missing

SOURCE = REPOSITORY / "build" / "function"
API_KEY = "a-key-of-at-least-16-characters"
TOPIC = "projects/aegis-local/topics/events"
SUBSCRIPTION = "projects/aegis-local/subscriptions/events-pipeline"


@pytest.fixture(scope="module")
def environment_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment made from the staged `requirements.txt` alone."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        missing("uv is not beside this Python: `make test` installs it")
    subprocess.run(["make", "--silent", "stage-function"], cwd=REPOSITORY, check=True)
    folder = tmp_path_factory.mktemp("function") / "venv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    options = ["--quiet", "--system-certs", "--require-hashes", "--python", str(python)]
    subprocess.run([uv, "pip", "sync", *options, "requirements.txt"], cwd=SOURCE, check=True)
    return folder


@pytest.fixture
def pubsub() -> Iterator[PubSubServer]:
    with PubSubServer() as server, pubsub_clients.connect(server.host) as channel:
        pubsub_clients.publisher(channel).create_topic(name=TOPIC)
        pubsub_clients.subscriber(channel).create_subscription(name=SUBSCRIPTION, topic=TOPIC)
        yield server


FRAMEWORK = "functions-framework --target ingest --host 127.0.0.1"


def start_command(host: str) -> str:
    if host == "framework":
        return FRAMEWORK
    process_type, _, command = (SOURCE / "Procfile").read_text().partition(": ")
    assert process_type == "web"
    return command


@pytest.fixture(params=["Procfile", "framework"])
def url(
    request: pytest.FixtureRequest, environment_folder: Path, pubsub: PubSubServer, tmp_path: Path
) -> Iterator[str]:
    """The function, started from inside the staged folder as Cloud Run or the framework does."""
    port = free_port()
    program, *arguments = start_command(request.param).split()
    command = [str(environment_folder / "bin" / program), *arguments]
    settings = {
        "PYTHONPATH": "",
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "GCP_PROJECT_ID": "aegis-local",
        "PUB_SUB_TOPIC_ID": "events",
        "PUBSUB_EMULATOR_HOST": pubsub.host,
        "AUTH_MODE": "api_key",
        "API_KEYS": API_KEY,
    }
    inside = ["sh", "-c", 'cd "$0" && exec "$@"', str(SOURCE), *command]
    with Process("function", inside, settings, tmp_path) as process:
        process.wait_until(lambda: accepts(port), seconds=120)
        yield f"http://127.0.0.1:{port}"


def test_the_staged_folder_holds_the_function_and_the_contract_only(
    environment_folder: Path,
) -> None:
    assert environment_folder.exists()
    staged = {path.name for path in SOURCE.iterdir()}
    files = {"main.py", "requirements.txt", "Procfile", ".python-version"}
    assert staged == {*files, "ingest_function", "schemas"}


def test_the_staged_function_answers_health(url: str) -> None:
    assert httpx.get(f"{url}/health", timeout=60).status_code == 200


def test_the_staged_function_publishes_an_event(url: str, pubsub: PubSubServer) -> None:
    event = {
        "user_id": "user-1",
        "timestamp": datetime.now(UTC).isoformat(),
        "signal_type": "page_view",
        "source_platform": "chrome",
    }
    headers = {"Authorization": f"Bearer {API_KEY}"}
    answer = httpx.post(f"{url}/v1/events", json=event, headers=headers, timeout=60)
    assert answer.status_code == 202, answer.text
    [accepted] = answer.json()["accepted"]
    [message] = _pull(pubsub)
    assert message.message_id == accepted["message_id"]
    assert json.loads(message.data) == {**event, "event_id": accepted["event_id"]}


def _pull(pubsub: PubSubServer) -> list[PubsubMessage]:
    with pubsub_clients.connect(pubsub.host) as channel:
        subscriber = pubsub_clients.subscriber(channel)
        pulled = subscriber.pull(subscription=SUBSCRIPTION, max_messages=10, timeout=60)
    return [received.message for received in pulled.received_messages]
