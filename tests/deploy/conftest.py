"""An empty project, once per session; and another to build and deploy in."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.bigquery.start import start_bigquery
from tests.deploy.build import Builder, clone
from tests.deploy.project import PROJECT, Project
from tests.deploy.recording_cloud import Cloud, serve
from tests.rehearsal.cloud_run import CloudRun
from tests.rehearsal.dataflow_service import dataflow_service
from tests.rehearsal.storage import storage


@pytest.fixture(scope="session")
def project(
    tmp_path_factory: pytest.TempPathFactory, google_emulator: str, google_cli: Mapping[str, str]
) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("project")
    with open_project(folder, google_emulator, google_cli) as project:
        yield project


@contextmanager
def open_project(
    folder: Path, google_emulator: str, google_cli: Mapping[str, str]
) -> Iterator[Project]:
    """Emulators for Pub/Sub and BigQuery, a recording endpoint for the rest."""
    pubsub = f"http://{google_emulator}"
    with start_bigquery(folder) as emulator:
        cloud = Cloud(PROJECT)
        with serve(cloud, pubsub=pubsub, bigquery=emulator.url) as url:
            yield Project(cloud, url, pubsub, emulator.url, folder, google_cli)


@pytest.fixture(scope="session")
def builder(
    tmp_path_factory: pytest.TempPathFactory,
    google_emulator: str,
    google_cli: Mapping[str, str],
    launcher_python: Path,
) -> Iterator[Builder]:
    """An empty project of its own, with a Cloud Run and a Dataflow."""
    folder = tmp_path_factory.mktemp("builder")
    workspace = clone(folder / "source")
    with (
        open_project(folder, google_emulator, google_cli) as project,
        storage(f"{PROJECT}-aegis") as address,
        dataflow_service(address, launcher_python) as dataflow,
    ):
        project.cloud.run = CloudRun(
            project.url,
            workspace / "build/function",
            project.cloud.secret,
            # The edge's image brings its own Python; here it is the one that runs the tests.
            {
                "PUBSUB_EMULATOR_HOST": google_emulator,
                "PYTHONPATH": "",
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            folder,
        )
        builder = Builder(project, dataflow, project.cloud.run, workspace)
        try:
            with builder.workers():
                yield builder
        finally:
            project.cloud.run.stop()
