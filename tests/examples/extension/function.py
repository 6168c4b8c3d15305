"""The real function, as it is deployed, on a port that stays the same over restarts."""

import sys
from collections.abc import Mapping
from pathlib import Path

from local.process import Process, accepts, free_port

ROOT = Path(__file__).parents[3]
PROJECT, TOPIC = "aegis-local", "events"
API_KEY = "extension-test-key"


class Function:
    """Start and stop it at will; `variables` are added to its environment at the next start."""

    def __init__(self, pubsub_host: str, allowed_origin: str, log_folder: Path) -> None:
        self.port = free_port()
        self.variables: dict[str, str] = {
            "PYTHONPATH": str(ROOT),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "GCP_PROJECT_ID": PROJECT,
            "PUB_SUB_TOPIC_ID": TOPIC,
            "PUBSUB_EMULATOR_HOST": pubsub_host,
            "AUTH_MODE": "api_key",
            "API_KEYS": API_KEY,
            "ALLOWED_ORIGINS": allowed_origin,
            "PUBLISH_TIMEOUT_SECONDS": "1",
        }
        self._first_variables = self.variables.copy()
        self._log_folder = log_folder
        self._process: Process | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/events"

    def start(self) -> None:
        command = [sys.executable, "-m", "ingest_function"]
        self._process = Process("function", command, self.variables, self._log_folder)
        self._process.wait_until(lambda: accepts(self.port))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def restart(self, variables: Mapping[str, str]) -> None:
        self.stop()
        self.variables |= variables
        self.start()

    def restore(self) -> None:
        """Run as at the beginning, whatever a test has done to it."""
        if self._process is None or self.variables != self._first_variables:
            self.stop()
            self.variables = self._first_variables.copy()
            self.start()
