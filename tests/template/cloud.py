"""A project without a cloud: real gcloud, storage and Dataflow on loopback, one published spec."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from tests.deploy.project import environment_text
from tests.rehearsal.dataflow_service import Dataflow
from tests.rehearsal.launcher import read_object

ROOT = Path(__file__).resolve().parents[2]
# The names of the documented commands, which run here as they are written.
PROJECT, REGION, BUCKET = "my-project", "us-central1", "my-project-aegis"
IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/aegis/pipeline@sha256:{'0' * 64}"
PARAMETERS = {
    "input_subscription": f"projects/{PROJECT}/subscriptions/events-pipeline",
    "events_table": f"{PROJECT}.aegis.events",
    "dead_letter_table": f"{PROJECT}.aegis.dead_letters",
}


class Cloud(NamedTuple):
    dataflow: Dataflow
    environment: dict[str, str]

    def shell(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script in the repository's root, as a user or a build step would."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def launch(self, job: str, *flags: str, **parameters: str) -> subprocess.CompletedProcess[str]:
        """`gcloud dataflow flex-template run` of the latest spec."""
        words = [
            f"gcloud dataflow flex-template run {job} --region={REGION}",
            f"--template-file-gcs-location=gs://{BUCKET}/templates/latest.json",
            f"--staging-location=gs://{BUCKET}/staging --temp-location=gs://{BUCKET}/temp",
            *flags,
            *(f"--parameters={name}='{value}'" for name, value in parameters.items()),
        ]
        return self.shell(" ".join(words))

    def job_object(self, job: str) -> dict[str, Any]:
        """What the newest launch of `job` left for the service."""
        ids = [one["id"] for one in self.dataflow.jobs.values() if one["name"] == job]
        return self.dataflow.job_objects[ids[-1]]

    def read(self, url: str) -> bytes:
        return read_object(self.dataflow.storage, url)

    def spec(self, revision: str) -> dict[str, Any]:
        spec: dict[str, Any] = json.loads(self.read(f"gs://{BUCKET}/templates/{revision}.json"))
        return spec


def publish(cloud: Cloud, workspace: Path, image: str) -> subprocess.CompletedProcess[str]:
    """Publish as the build's step does, in a workspace with what earlier steps left."""
    for name in ("deploy", "metadata.json"):
        (workspace / name).symlink_to(ROOT / name)
    (release := workspace / "build/release").mkdir(parents=True)
    (release / "pipeline.image").write_text(image)
    (release / "revision").write_text("revision-1")
    settings = workspace / "rehearsal.env"
    settings.write_text(environment_text(GCP_PROJECT_ID=PROJECT, STAGING_BUCKET=BUCKET))
    return cloud.shell(f"cd {workspace} && deploy/steps/publish_template.sh {settings}")


def gcloud_environment(dataflow: Dataflow, configuration: Path) -> dict[str, str]:
    """Nothing of the user's own configuration, and no address but loopback."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(configuration),
        "CLOUDSDK_CONFIG": str(configuration),
        "CLOUDSDK_CORE_PROJECT": PROJECT,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_AUTH_ACCESS_TOKEN": "rehearsal",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{dataflow.storage}/storage/v1/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAFLOW": f"{dataflow.url}/",
    }
