"""An empty project, once per session."""

from collections.abc import Iterator

import pytest

from local.bigquery.start import start_bigquery
from tests.deploy.project import PROJECT, Project
from tests.deploy.recording_cloud import Cloud, serve
from tests.machine import require


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, google_emulator: str) -> Iterator[Project]:
    """Emulators for Pub/Sub and BigQuery, a recording endpoint for the rest."""
    require("gcloud", "bq")
    folder = tmp_path_factory.mktemp("project")
    pubsub = f"http://{google_emulator}"
    with start_bigquery(folder) as emulator:
        cloud = Cloud(PROJECT)
        with serve(cloud, pubsub=pubsub, bigquery=emulator.url) as url:
            yield Project(cloud, url, pubsub, emulator.url, folder)
