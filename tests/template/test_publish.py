"""The published spec, as `deploy/steps/publish_template.sh` and the real gcloud write it."""

import json
from pathlib import Path

import pytest

from deploy.steps.spec import complete
from tests.template.cloud import IMAGE, ROOT, Cloud, publish

METADATA = json.loads((ROOT / "metadata.json").read_text())


@pytest.mark.parametrize("revision", ["revision-1", "latest"])
def test_the_spec_carries_all_of_the_metadata(cloud: Cloud, revision: str) -> None:
    assert cloud.spec(revision)["metadata"] == METADATA


def test_launcher_and_workers_run_the_same_image_by_digest(cloud: Cloud) -> None:
    spec = cloud.spec("latest")
    assert spec["image"] == spec["defaultEnvironment"]["sdkContainerImage"] == IMAGE
    assert spec["sdkInfo"] == {"language": "PYTHON"}


def test_a_launch_without_flags_is_at_least_once(cloud: Cloud) -> None:
    environment = cloud.spec("latest")["defaultEnvironment"]
    assert environment["additionalExperiments"] == ["streaming_mode_at_least_once"]


def test_an_image_that_could_still_move_is_not_published(cloud: Cloud, tmp_path: Path) -> None:
    refused = publish(cloud, tmp_path, "repository/pipeline:latest")
    assert refused.returncode == 1
    assert "repository/pipeline:latest can still move" in refused.stderr


def test_defaults_that_gcloud_wrote_are_kept() -> None:
    spec = {"image": IMAGE, "defaultEnvironment": {"maxWorkers": 5}}
    environment = complete(spec, METADATA)["defaultEnvironment"]
    assert environment == {"maxWorkers": 5, "sdkContainerImage": IMAGE}
