"""The published spec, as `deploy/publish_template.sh` and the real gcloud write it."""

import json

import pytest

from deploy.spec import complete
from tests.template.cloud import BUCKET, IMAGE, ROOT, Cloud

METADATA = json.loads((ROOT / "metadata.json").read_text())


@pytest.mark.parametrize("revision", ["revision-1", "latest"])
def test_the_spec_carries_all_of_the_metadata(cloud: Cloud, revision: str) -> None:
    assert cloud.spec(revision)["metadata"] == METADATA


def test_launcher_and_workers_run_the_same_image_by_digest(cloud: Cloud) -> None:
    spec = cloud.spec("latest")
    assert spec["image"] == spec["defaultEnvironment"]["sdkContainerImage"] == IMAGE
    assert spec["sdkInfo"] == {"language": "PYTHON"}


def test_an_image_that_could_still_move_is_not_published(cloud: Cloud) -> None:
    refused = cloud.shell(
        f"deploy/publish_template.sh repository/pipeline:latest gs://{BUCKET}/templates moving"
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith("usage: ")


def test_defaults_that_gcloud_wrote_are_kept() -> None:
    spec = {"image": IMAGE, "defaultEnvironment": {"maxWorkers": 5}}
    environment = complete(spec, METADATA)["defaultEnvironment"]
    assert environment == {"maxWorkers": 5, "sdkContainerImage": IMAGE}
