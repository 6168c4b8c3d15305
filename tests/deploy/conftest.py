"""An empty project, once per session."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.process import Process, accepts, free_port
from local.pubsub.google_emulator import EmulatorMissing, emulator_command
from tests.deploy import tools
from tests.deploy.project import PROJECT, Project
from tests.deploy.recording_cloud import Cloud, serve


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Emulators for Pub/Sub and BigQuery, a recording endpoint for the rest."""
    tools.require("gcloud", "bq", "java")
    folder = tmp_path_factory.mktemp("project")
    pubsub, bigquery = free_port(), free_port()
    with ExitStack() as stack:
        _start(stack, "pubsub", _pubsub_command(pubsub), pubsub, folder)
        _start(stack, "bigquery", _bigquery_command(bigquery), bigquery, folder)
        cloud = Cloud(PROJECT)
        ends = {"pubsub": f"http://127.0.0.1:{pubsub}", "bigquery": f"http://127.0.0.1:{bigquery}"}
        url = stack.enter_context(serve(cloud, **ends))
        yield Project(cloud, url, **ends, folder=folder)


def _pubsub_command(port: int) -> list[str]:
    try:
        return list(emulator_command(port))
    except EmulatorMissing as missing:
        tools.missing(f"Google's Pub/Sub emulator: {missing}")


def _bigquery_command(port: int) -> list[str]:
    ports = [f"--rest_port={port}", f"--grpc_port={free_port()}"]
    return [sys.executable, "-m", "local.bigquery.emulator", *ports]


def _start(stack: ExitStack, name: str, command: list[str], port: int, folder: Path) -> None:
    process = stack.enter_context(Process(name, command, {}, folder))
    process.wait_until(lambda: accepts(port), seconds=120)
