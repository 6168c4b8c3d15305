"""The real Dockerfiles, built over stand-ins for their bases, and the programs run inside."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local.process import free_port
from tests.machine import missing, require
from tests.template.cloud import ROOT

REVISION = "0123456789abcdef"  # the one that build_image.sh gives
LAUNCHER = "/opt/google/dataflow/python_template_launcher"
FOLDERS = {"pipeline": "flex_template", "edge": "ingest_function", "console": "console"}
STORE = {"CONTAINERS_STORAGE_CONF": str(ROOT / "build/rehearsal/storage.conf")}


def buildah(*words: str) -> str:
    """What the command printed; in the store that the build script keeps."""
    done = subprocess.run(
        ["unshare", "--mount", "buildah", *words],  # it leaves its store mounted
        env=os.environ | STORE,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Container(NamedTuple):
    """A container of the image, and the folder that it sees as `/data`."""

    name: str
    data: Path

    def run(self, *command: str) -> str:
        volume = f"--volume={self.data}:/data"
        return buildah("run", "--isolation=chroot", volume, self.name, "--", *command)


@pytest.fixture(scope="session")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """Of the pipeline's image."""
    with open_container("pipeline", tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Container]:
    """Of the edge's or the console's image."""
    with open_container(request.param, tmp_path) as opened:
        yield opened


@contextmanager
def open_container(image: str, data: Path) -> Iterator[Container]:
    require("buildah", "debootstrap", "chroot")
    if os.geteuid() != 0:
        missing("only root may debootstrap a base and chroot into an image")
    if sys.version_info[:2] != (3, 11):
        missing("the wheels of the image's Python need a Python 3.11 to choose them")
    if not _is_fetched(image):
        missing("what the images are built from is not there, or older than the pins: make images")
    built = subprocess.run(
        [ROOT / "tests/rehearsal/build_image.sh", image],
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert built.returncode == 0, built.stderr
    name = buildah("from", f"localhost/aegis-{image}").strip()
    try:
        yield Container(name, data)
    finally:
        buildah("rm", name)


def _is_fetched(image: str) -> bool:
    wheels = ROOT / f"build/rehearsal/wheels-{image}/requirements.txt"
    pins = ROOT / FOLDERS[image] / "requirements.txt"
    return wheels.exists() and wheels.read_bytes() == pins.read_bytes()


@pytest.fixture(scope="session")
def config(container: Container) -> dict[str, Any]:
    image: dict[str, Any] = json.loads(buildah("inspect", container.name))
    return dict(image["OCIv1"]["config"])


def test_the_program_sorts_events_from_dead_letters_in_the_image(container: Container) -> None:
    event = {
        "user_id": "user-1",
        "timestamp": datetime.now(UTC).isoformat(),
        "signal_type": "page_view",
        "source_platform": "chrome",
    }
    (container.data / "events.jsonl").write_text(json.dumps(event) + "\nnot JSON\n")
    runner, source = "--runner=DirectRunner", "--input_files=/data/events.jsonl"
    container.run(LAUNCHER, runner, source, "--output_directory=/data/out")
    (row,) = _rows(container.data / "out/events.jsonl")
    (dead,) = _rows(container.data / "out/dead_letters.jsonl")
    assert row["user_id"] == "user-1"
    assert dead["error_code"] == "malformed_json"


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_bad_option_is_refused_in_the_image_with_an_example(container: Container) -> None:
    with pytest.raises(AssertionError, match=r"events_table.*example: my-project\.aegis\.events"):
        container.run(LAUNCHER, "--input_files=/data/events.jsonl", "--events_table=events")


def test_pip_finds_no_conflict(container: Container) -> None:
    assert container.run("pip", "check") == "No broken requirements found.\n"


def test_exactly_the_pins_are_installed_beside_the_package(container: Container) -> None:
    listed = json.loads(container.run("pip", "list", "--format=json"))
    installed = {(_normal(one["name"]), one["version"]) for one in listed}
    of_the_base = {"pip", "setuptools", "wheel", "aegis-consumer"}
    requirements = (ROOT / "flex_template/requirements.txt").read_text()
    pins = set(re.findall(r"^([\w.-]+)(?:\[\S+\])?==([^\s;]+)", requirements, re.MULTILINE))
    pins = {(_normal(name), version) for name, version in pins}
    assert {one for one in installed if one[0] not in of_the_base} <= pins
    assert ("apache-beam", "2.77.0") in installed


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_source_tests_or_build_tools_are_inside(container: Container) -> None:
    assert container.run("ls", "/template").split() == ["main.py", "package", "requirements.txt"]
    search = "ls -d /source /package/* /*/tests; command -v cc gcc make git pytest ruff mypy; true"
    assert container.run("sh", "-c", search) == ""


def test_the_image_boots_workers_and_names_the_launchers_program(config: dict[str, Any]) -> None:
    assert config["Entrypoint"] == ["/opt/apache/beam/boot"]
    assert "FLEX_TEMPLATE_PYTHON_PY_FILE=/template/main.py" in config["Env"]
    assert not [one for one in config["Env"] if "REQUIREMENTS_FILE" in one or "SETUP_FILE" in one]


def test_the_image_is_labelled_with_its_revision(config: dict[str, Any]) -> None:
    assert config["Labels"]["org.opencontainers.image.revision"] == REVISION


SERVICES = {
    "edge": (
        "/health",
        {"AUTH_MODE": "api_key", "API_KEYS": "a-key-of-16-letters", "PUB_SUB_TOPIC_ID": "events"},
    ),
    "console": (
        "/static/style.css",
        {
            "CONSOLE_ACCESS": "loopback",
            "PUB_SUB_TOPIC_ID": "events",
            "BIGQUERY_DATASET_ID": "aegis",
            "BIGQUERY_TABLE_ID": "events",
        },
    ),
}
# Starts the image's command, asks it for a path until it answers, and stops it. The
# server's log goes elsewhere: a line of it may come after the answer.
VISIT = """
import subprocess, sys, time, urllib.request

url, *command = sys.argv[1:]
with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
    for _ in range(600):
        try:
            print(urllib.request.urlopen(url).status)
            break
        except OSError:
            time.sleep(0.1)
    server.terminate()
"""


@pytest.mark.xdist_group("container")
@pytest.mark.parametrize(
    ("service", "name"), [(one, one) for one in SERVICES], indirect=["service"]
)
def test_a_service_answers_in_its_image_as_nobody(service: Container, name: str) -> None:
    config = json.loads(buildah("inspect", service.name))["OCIv1"]["config"]
    assert config["User"] == "nobody"
    assert config["Labels"]["org.opencontainers.image.revision"] == REVISION
    path, settings = SERVICES[name]
    port = free_port()
    settings = settings | {
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "GCP_PROJECT_ID": "my-project",
        "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
        "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1",
    }
    variables = [f"{key}={value}" for key, value in settings.items()]
    visit = ["python", "-c", VISIT, f"http://127.0.0.1:{port}{path}", *config["Cmd"]]
    assert service.run("env", *variables, *visit) == "200\n"
