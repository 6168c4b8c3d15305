"""Cloud Build on this machine: the steps of cloudbuild.yaml against an emulated project."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import yaml

from tests.deploy.project import PROJECT, REPOSITORY, Project
from tests.rehearsal.cloud_run import CloudRun
from tests.rehearsal.dataflow_service import Dataflow

BUILD: dict[str, Any] = yaml.safe_load((REPOSITORY / "cloudbuild.yaml").read_text())
COPIED = (
    "Makefile",
    "cloudbuild.yaml",
    "console",
    "deploy",
    "ingest_function",
    "metadata.json",
    "requirements-bootstrap.txt",
    "requirements-dev.txt",
    "schemas",
)
DOCKER_BUILDER = "gcr.io/cloud-builders/docker"  # has a Python of its own
SUBSCRIPTION = f"/v1/projects/{PROJECT}/subscriptions/events-pipeline"


@dataclass(frozen=True)
class Outcome:
    """How far a build came: the steps that ended well, and the output of the last one."""

    passed: list[str]
    failed: str
    output: str


@dataclass(frozen=True)
class Builder:
    """A project with a clone of the repository, and what deployments change in it."""

    project: Project
    dataflow: Dataflow
    cloud_run: CloudRun
    workspace: Path

    def state(self) -> tuple[str, list[str]]:
        """Who has the traffic, and the ids of the jobs that run."""
        jobs = [job["id"] for job in self.dataflow.running()]
        return self.cloud_run.serving("aegis-edge"), jobs

    def running_revision(self) -> str:
        """Of the one job that runs."""
        [job] = self.dataflow.running()
        return str(job["labels"]["revision"])

    def lock(self) -> list[str]:
        """The objects by which a build keeps others out: at most one."""
        listed = httpx.get(f"{self.dataflow.storage}/storage/v1/b/{PROJECT}-aegis/o?prefix=locks/")
        return [found["name"] for found in listed.json().get("items", [])]

    def take_lock(self) -> None:
        """As another build does that still runs."""
        url = f"{self.dataflow.storage}/upload/storage/v1/b/{PROJECT}-aegis/o"
        parameters = {"uploadType": "media", "name": "locks/deployment"}
        httpx.post(url, params=parameters, content=b"another").raise_for_status()

    def leave_candidate(self) -> None:
        """As a build does that dies before it can withdraw its own."""
        service = self.cloud_run.services["aegis-edge"]
        target = {"tag": "candidate-of-a-dead-build", "revisionName": self.state()[0]}
        for part in ("spec", "status"):
            service[part]["traffic"].append(dict(target))

    def build(self, *, committed: int | None = None, **substitutions: str) -> Outcome:
        """Run every step until one fails, as a trigger would for a commit, or as by hand."""
        shutil.rmtree(self.workspace / "build", ignore_errors=True)
        variables = _substitutions(substitutions)
        if committed is not None:
            variables |= self.commit(committed)
        passed: list[str] = []
        for step in BUILD["steps"]:
            done = self._step(step, variables)
            if done.returncode:
                return Outcome(passed, step["id"], done.stdout + done.stderr)
            passed.append(step["id"])
        return Outcome(passed, "", done.stdout + done.stderr)

    def jobs(self) -> list[tuple[str, str]]:
        """The name and the state of every job that there was."""
        return [(job["name"], job["currentState"]) for job in self.dataflow.jobs.values()]

    def start_job(self, job_id: str) -> None:
        """One more, whose workers do nothing."""
        [model, *_] = self.dataflow.jobs.values()
        running = {"id": job_id, "currentState": "JOB_STATE_RUNNING"}
        self.dataflow.jobs[job_id] = model | running
        self.dataflow.idle.add(job_id)

    def shell(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run commands as a person would, in the clone of the repository."""
        is_set_up = "deploy/setup.sh" in script  # its bucket is a record, not an emulator
        environment = self.project.step_environment(self.dataflow)
        if is_set_up:
            environment = self.project.environment()
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.workspace,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def commit(self, seconds: int) -> dict[str, str]:
        """Commit at a time, in seconds since 1970; what a trigger says about the commit."""
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        git = ["git", "-C", str(self.workspace), *identity]
        date = {"GIT_COMMITTER_DATE": f"{seconds} +0000", "GIT_AUTHOR_DATE": f"{seconds} +0000"}
        subprocess.run([*git, "init", "--quiet"], check=True)
        commit = [*git, "commit", "--quiet", "--allow-empty", "--message=a commit"]
        subprocess.run(commit, check=True, env=os.environ | date)
        sha = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
        return {"COMMIT_SHA": sha, "SHORT_SHA": sha[:7], "BRANCH_NAME": "main"}

    def _step(
        self, step: dict[str, Any], variables: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        # The test suite does not run itself, and fetches no tools: make says what it would run.
        dry = {"MAKEFLAGS": "--dry-run"} if step["id"] in ("test", "scan") else {}
        environment = self.project.step_environment(self.dataflow)
        if step["name"] == DOCKER_BUILDER:
            folder = REPOSITORY / "tests/rehearsal/docker_builder"
            environment["PATH"] = f"{folder}:{environment['PATH']}"
        return subprocess.run(
            ["bash", "-c", step["script"]],
            cwd=self.workspace,
            env=environment | variables | dry,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    @contextmanager
    def workers(self) -> Iterator[None]:
        """While a job runs, store what waits in the subscription, as its workers would."""
        stopped = Event()
        thread = Thread(target=self._work, args=(stopped,))
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def _work(self, stopped: Event) -> None:
        with httpx.Client(timeout=60) as client:
            while not stopped.wait(0.2):
                if any(job["id"] not in self.dataflow.idle for job in self.dataflow.running()):
                    self._store_what_waits(client)

    def _store_what_waits(self, client: httpx.Client) -> None:
        url = f"{self.project.pubsub}{SUBSCRIPTION}"
        pulled = client.post(f"{url}:pull", json={"maxMessages": 100, "returnImmediately": True})
        for received in pulled.json().get("receivedMessages", []):
            message = received["message"]
            self.project.query(
                "INSERT INTO aegis.events (event_id, schema_version, user_id, timestamp, "  # noqa: S608
                "signal_type, source_platform, published_at, message_id) VALUES "
                f"('{message['attributes']['event_id']}', 1, 'u', CURRENT_TIMESTAMP(), 's', 'p', "
                f"CURRENT_TIMESTAMP(), '{message['messageId']}')"
            )
            client.post(f"{url}:acknowledge", json={"ackIds": [received["ackId"]]})


def _substitutions(given: dict[str, str]) -> dict[str, str]:
    """What every build has; a trigger's build has more."""
    built_in = {
        "PROJECT_ID": PROJECT,
        "BUILD_ID": "00000000-0000-0000-0000-000000000000",
        "LOCATION": "us-central1",
    }
    defaults: dict[str, str] = BUILD["substitutions"]
    return built_in | defaults | given


def clone(folder: Path) -> Path:
    """The files that the steps read, as Cloud Build's source would hold them."""
    folder.mkdir()
    for name in COPIED:
        source = REPOSITORY / name
        ignored = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    (folder / "flex_template").symlink_to(REPOSITORY / "flex_template")
    return folder
