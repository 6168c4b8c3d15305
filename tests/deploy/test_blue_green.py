"""The commands of docs/deploy.md, "Blue-green", which name the second job and end the first.

What starts the second is `setup.sh` and `job.sh`, as for the first: tests/deploy/test_build.py.
"""

import re
import subprocess
from pathlib import Path

import pytest
from google.api_core.exceptions import NotFound

from local.pubsub import clients
from tests.deploy.project import PROJECT, REPOSITORY, Project
from tests.machine import require
from tests.rehearsal.dataflow_service import dataflow_service

pytestmark = pytest.mark.slow
PAGE = (REPOSITORY / "docs/deploy.md").read_text()
SECTION = PAGE.split("\n## Blue-green\n")[1].split("\n## ")[0]
SETTINGS, _, END = re.findall(r"^```sh\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
OF_A_JOB = {
    "projectId": PROJECT,
    "location": "us-central1",
    "type": "JOB_TYPE_STREAMING",
    "createTime": "2026-11-24T12:00:00Z",
    "currentStateTime": "2026-11-24T12:00:00Z",
}
RUNNING, DRAINED = "JOB_STATE_RUNNING", "JOB_STATE_DRAINED"


def test_the_settings_file_names_the_second_job(tmp_path: Path) -> None:
    file = tmp_path / "production.env"
    file.write_text((REPOSITORY / "deploy/environments/production.env").read_text())
    edit = SETTINGS.split("deploy/setup.sh")[0].replace("deploy/environments", str(tmp_path))
    subprocess.run(["bash", "-euc", edit], check=True)
    names = dict(line.split("=") for line in file.read_text().splitlines() if line[:1].isupper())
    assert names["PUB_SUB_SUBSCRIPTION_ID"] == "events-pipeline-green"
    assert names["JOB_NAME"] == "aegis-events-green"


def test_only_the_first_job_is_drained_and_only_its_subscription_deleted(
    project: Project, google_emulator: str, launcher_python: Path
) -> None:
    require("gcloud")
    # Other tests of this project keep the subscription of that name.
    script = END.replace("events-pipeline", "events-blue")
    with (
        dataflow_service("http://127.0.0.1:9", launcher_python) as dataflow,
        clients.connect(google_emulator) as to,
    ):
        publisher, subscriber = clients.publisher(to), clients.subscriber(to)
        topic = publisher.create_topic(name=f"projects/{PROJECT}/topics/blue-green").name
        blue, green = (
            subscriber.create_subscription(
                name=f"projects/{PROJECT}/subscriptions/events-{color}", topic=topic
            ).name
            for color in ("blue", "green")
        )
        for name in ("aegis-events", "aegis-events-green"):
            dataflow.jobs[name] = {"id": name, "name": name, "currentState": RUNNING} | OF_A_JOB
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env=project.step_environment(dataflow),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        states = {name: job["currentState"] for name, job in dataflow.jobs.items()}
        assert states == {"aegis-events": DRAINED, "aegis-events-green": RUNNING}
        subscriber.get_subscription(subscription=green)
        with pytest.raises(NotFound):
            subscriber.get_subscription(subscription=blue)
