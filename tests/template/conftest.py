"""One published template for every rehearsal of this area."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.rehearsal.dataflow_service import dataflow_service
from tests.rehearsal.storage import storage
from tests.template.cloud import BUCKET, IMAGE, Cloud, gcloud_environment, publish


@pytest.fixture(scope="session")
def cloud(
    tmp_path_factory: pytest.TempPathFactory, google_cli: Mapping[str, str], launcher_python: Path
) -> Iterator[Cloud]:
    """The spec is published by the script that Cloud Build runs."""
    with storage(BUCKET) as address, dataflow_service(address, launcher_python) as dataflow:
        configuration = tmp_path_factory.mktemp("gcloud")
        cloud = Cloud(dataflow, gcloud_environment(dataflow, configuration) | dict(google_cli))
        workspace = tmp_path_factory.mktemp("workspace")
        published = publish(cloud, workspace, IMAGE)
        assert published.returncode == 0, published.stderr
        yield cloud
