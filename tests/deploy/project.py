"""A Google Cloud project made of emulators, on which the deploy scripts run with the real tools."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.deploy.recording_cloud import Cloud

PROJECT = "aegis-rehearsal"
REPOSITORY = Path(__file__).parents[2]
SERVICES = {
    "artifactregistry": "",
    "cloudresourcemanager": "",
    "iam": "",
    "monitoring": "",
    "pubsub": "",
    "secretmanager": "",
    "serviceusage": "",
    "storage": "storage/v1/",
}


@dataclass(frozen=True)
class Run:
    """One run of a script: what it printed, and the calls by which it changed something."""

    code: int
    lines: list[str]
    errors: str
    writes: list[str]

    def with_outcome(self, outcome: str) -> list[str]:
        """The resources whose line starts with `outcome`."""
        return [line[14:] for line in self.lines if line[:13].strip() == outcome]


@dataclass(frozen=True)
class Project:
    """`url` answers for every service of Google's, `pubsub` and `bigquery` for the emulators."""

    cloud: Cloud
    url: str
    pubsub: str
    bigquery: str
    folder: Path

    def run(self, script: str, *arguments: str, **settings: str) -> Run:
        """Run one of the deploy scripts."""
        before = len(self.cloud.writes)
        done = self.command(str(REPOSITORY / "deploy" / script), *arguments, **settings)
        lines = done.stdout.splitlines()
        return Run(done.returncode, lines, done.stderr, self.cloud.writes[before:])

    def command(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run any command as in a shell that is set up for this project."""
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self._environment() | settings,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        bigqueryrc = self.folder / "bigqueryrc"
        bigqueryrc.write_text(f"api = {self.url}\ndiscovery_file = {_discovery_file()}\n")
        overrides = {
            f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}": f"{self.url}/{path}"
            for service, path in SERVICES.items()
        }
        return overrides | {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "BIGQUERYRC": str(bigqueryrc),
            "CLOUDSDK_CONFIG": str(self.folder / "gcloud"),
            "CLOUDSDK_AUTH_ACCESS_TOKEN": "rehearsal",
            "CLOUDSDK_CORE_PROJECT": PROJECT,
            "GCP_PROJECT_ID": PROJECT,
            "BIGQUERY_LOCATION": "US",
        }

    def dataset(self, name: str = "aegis") -> httpx.Response:
        return httpx.get(f"{self.bigquery}/bigquery/v2/projects/{PROJECT}/datasets/{name}")

    def table(self, name: str, dataset: str = "aegis") -> dict[str, Any]:
        """A table as BigQuery's REST API describes it."""
        answer = httpx.get(f"{self.dataset(dataset).url}/tables/{name}")
        return answer.raise_for_status().json()  # type: ignore[no-any-return]

    def query(self, sql: str) -> list[list[Any]]:
        """The rows of one statement; every value as text."""
        answer = httpx.post(
            f"{self.bigquery}/bigquery/v2/projects/{PROJECT}/queries",
            json={"query": sql, "useLegacySql": False},
            timeout=60,
        )
        rows = answer.raise_for_status().json().get("rows", [])
        return [[field["v"] for field in row["f"]] for row in rows]

    def subscription(self) -> httpx.Response:
        name = f"projects/{PROJECT}/subscriptions/events-pipeline"
        return httpx.get(f"{self.pubsub}/v1/{name}")


def _discovery_file() -> Path:
    """The emulator has no discovery document, so `bq` takes the one that it ships."""
    shown = subprocess.run(
        ["gcloud", "info", "--format=value(installation.sdk_root)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(shown.stdout.strip(), "platform/bq/discovery_next/bigquery.json")
