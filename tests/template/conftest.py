"""One published template for every rehearsal of this area."""

from collections.abc import Iterator

import pytest

from tests.machine import require
from tests.rehearsal.dataflow_service import dataflow_service
from tests.rehearsal.storage import storage
from tests.template.cloud import BUCKET, IMAGE, Cloud, gcloud_environment, publish


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The spec is published by the script that Cloud Build runs."""
    require("gcloud")
    with storage(BUCKET) as address, dataflow_service(address) as dataflow:
        configuration = tmp_path_factory.mktemp("gcloud")
        cloud = Cloud(dataflow, gcloud_environment(dataflow, configuration))
        workspace = tmp_path_factory.mktemp("workspace")
        published = publish(cloud, workspace, IMAGE)
        assert published.returncode == 0, published.stderr
        yield cloud
