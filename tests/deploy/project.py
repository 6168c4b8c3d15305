"""A Google Cloud project made of emulators, on which the deploy scripts run with the real tools."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.pubsub.google_emulator import sdk_root
from tests.deploy.recording_cloud import Cloud
from tests.rehearsal.dataflow_service import Dataflow

PROJECT = "my-project"  # that of the documentation, whose commands run as they are written
TOKEN = "rehearsal"
REPOSITORY = Path(__file__).parents[2]
SERVICES = {
    "artifactregistry": "",
    "cloudbuild": "",
    "cloudresourcemanager": "",
    "iam": "",
    "iap": "",
    "logging": "",
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
    """`url` answers for every service of Google's, `pubsub` and `bigquery` for the emulators.

    `google_cli` is the environment in which gcloud and bq start fast.
    """

    cloud: Cloud
    url: str
    pubsub: str
    bigquery: str
    folder: Path
    google_cli: Mapping[str, str]

    def run(
        self,
        script: str,
        *arguments: str,
        changed: Mapping[str, str] | None = None,
        **settings: str,
    ) -> Run:
        """Run one of the deploy scripts on this environment, whose file may have `changed`."""
        before = len(self.cloud.writes)
        environment = self.environment_file(**(changed or {}))
        command = (str(REPOSITORY / "deploy" / script), str(environment), *arguments)
        done = self.command(*command, **settings)
        lines = done.stdout.splitlines()
        return Run(done.returncode, lines, done.stderr, self.cloud.writes[before:])

    def command(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run any command as in a shell that is set up for this project."""
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self.environment() | settings,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def step_environment(self, dataflow: Dataflow) -> dict[str, str]:
        """What a build step sees: credentials come from the metadata server, as in Cloud Build."""
        host = self.url.removeprefix("http://")
        # gcloud writes the region before Cloud Run's host, a name that only a proxy can resolve.
        environment = self.environment() | {
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN": "http://run.test/",
            "http_proxy": self.url,
            "no_proxy": "127.0.0.1,localhost",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{dataflow.storage}/storage/v1/",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAFLOW": f"{dataflow.url}/",
            "GCE_METADATA_ROOT": host,
            "GCE_METADATA_HOST": host,
            "GCE_METADATA_IP": host,
            "CLOUDSDK_CONFIG": str(self.folder / "step-gcloud"),
            "BIGQUERYRC": self._bigqueryrc("of-a-step"),
        }
        environment["PATH"] = f"{REPOSITORY / 'tests/rehearsal/bin'}:{environment['PATH']}"
        del environment["CLOUDSDK_AUTH_ACCESS_TOKEN"]
        return environment

    def _bigqueryrc(self, name: str, *more: str) -> str:
        # The emulator has no discovery document, so `bq` takes the one that it ships.
        discovery = sdk_root() / "platform/bq/discovery_next/bigquery.json"
        path = self.folder / f"bigqueryrc-{name}"
        path.write_text("\n".join([f"api = {self.url}", f"discovery_file = {discovery}", *more]))
        return str(path)

    def environment_file(self, **changes: str) -> Path:
        """The settings of production, for this project."""
        path = self.folder / "rehearsal.env"
        path.write_text(environment_text(**changes))
        return path

    def environment(self) -> dict[str, str]:
        """What a person's shell has: an access token, and this project's addresses."""
        overrides = {
            f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}": f"{self.url}/{path}"
            for service, path in SERVICES.items()
        }
        return (
            overrides
            | dict(self.google_cli)
            | {
                "HOME": str(self.folder),
                # The same token: `bq` would ask gcloud for it, twice each time.
                "BIGQUERYRC": self._bigqueryrc("of-a-person", f"oauth_access_token = {TOKEN}"),
                "CLOUDSDK_CONFIG": str(self.folder / "gcloud"),
                "CLOUDSDK_AUTH_ACCESS_TOKEN": TOKEN,
                "CLOUDSDK_CORE_PROJECT": PROJECT,
                "BIGQUERY_EMULATOR_HOST": self.url,
                "PYTHON": sys.executable,
            }
        )

    def dataset(self, name: str = "aegis") -> httpx.Response:
        return httpx.get(f"{self.bigquery}/bigquery/v2/projects/{PROJECT}/datasets/{name}")

    def table(self, name: str, dataset: str = "aegis") -> dict[str, Any]:
        """A table as BigQuery's REST API describes it."""
        answer = httpx.get(f"{self.dataset(dataset).url}/tables/{name}")
        return answer.raise_for_status().json()  # type: ignore[no-any-return]

    def drop_table(self, name: str) -> None:
        httpx.delete(f"{self.dataset().url}/tables/{name}").raise_for_status()

    def query(self, sql: str) -> list[list[Any]]:
        """The rows of one statement; every value as text."""
        answer = httpx.post(
            f"{self.bigquery}/bigquery/v2/projects/{PROJECT}/queries",
            json={"query": sql, "useLegacySql": False},
            timeout=60,
        )
        rows = answer.raise_for_status().json().get("rows", [])
        return [[field["v"] for field in row["f"]] for row in rows]

    def subscription(self, name: str = "events-pipeline") -> httpx.Response:
        return httpx.get(f"{self.pubsub}/v1/projects/{PROJECT}/subscriptions/{name}")


def environment_text(**changes: str) -> str:
    """The settings of production as a team would fill them in, with `changes`."""
    filled = {
        "GCP_PROJECT_ID": PROJECT,
        "STAGING_BUCKET": f"{PROJECT}-aegis",
        "ALERT_EMAIL": "oncall@example.com",
        "CONSOLE_SERVICE": "aegis-console",
    }
    settings = filled | changes
    production = (REPOSITORY / "deploy/environments/production.env").read_text()
    names = [(line, line.partition("=")[0]) for line in production.splitlines()]
    lines = [f"{name}={settings[name]}" if name in settings else line for line, name in names]
    return "\n".join(lines) + "\n"
