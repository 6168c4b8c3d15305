"""What the launcher VM does: it starts the image's program, which leaves a job object behind."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from urllib.request import urlopen

# Beam would also stage what `pip freeze` lists, which here are not the image's packages.
NO_PIP = "disable_logging_submission_environment"


class LaunchError(RuntimeError):
    """The pipeline's program failed; the message is the end of what it printed."""


class Launch(NamedTuple):
    """One accepted request; `environment` is the spec's default under the request's own."""

    project: str
    region: str
    job_name: str
    environment: Mapping[str, Any]
    parameters: Mapping[str, str]
    update: bool  # the service carries it out; the program does not see it

    def job_object(self) -> str:
        return f"{self.environment['stagingLocation']}/template_launches/{self.job_name}/job_object"

    def command(self, python: Path) -> list[str]:
        """The command line of the launcher: Beam's options, then the template's parameters."""
        options = {
            "runner": "DataflowRunner",
            "project": self.project,
            "region": self.region,
            "job_name": self.job_name,
            "staging_location": self.environment["stagingLocation"],
            "temp_location": self.environment["tempLocation"],
            "template_location": self.job_object(),
            "sdk_container_image": self.environment["sdkContainerImage"],
            **self.parameters,
        }
        command = [str(python), "-m", "flex_template.main"]
        command += [f"--{name}={value}" for name, value in options.items()]
        experiments = [*self.environment.get("additionalExperiments", ()), NO_PIP]
        return command + [f"--experiments={experiment}" for experiment in experiments]


def launch(request: Launch, python: Path, storage: str, metadata_server: str) -> dict[str, Any]:
    """The job object that the program wrote; both addresses are `http://127.0.0.1:PORT`.

    Raises:
        LaunchError: the program refused to start.
    """
    host = metadata_server.removeprefix("http://")
    environment = {
        "PATH": os.environ["PATH"],
        "STORAGE_EMULATOR_HOST": storage,
        "GCE_METADATA_HOST": host,
        "GCE_METADATA_IP": host,
        # On a slow machine the default of three seconds is too short.
        "GCE_METADATA_TIMEOUT": "30",
    }
    program = subprocess.run(
        request.command(python), env=environment, capture_output=True, text=True, check=False
    )
    if program.returncode:
        raise LaunchError("\n".join(program.stderr.splitlines()[-5:]))
    job: dict[str, Any] = json.loads(read_object(storage, request.job_object()))
    return job


def read_object(storage: str, url: str) -> bytes:
    """The content of a `gs://` object on the storage emulator."""
    bucket, _, name = url.removeprefix("gs://").partition("/")
    address = f"{storage}/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media"
    with urlopen(address) as answer:  # noqa: S310 - the emulator's own address
        return bytes(answer.read())
