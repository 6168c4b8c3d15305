"""What every measurement here stands in: a Pub/Sub, a BigQuery that counts, and the service."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from google.pubsub_v1 import PublisherClient

from benchmarks.one_machine.stored import StoredIds
from local.bigquery.rest_server import BigQueryRestServer
from local.names import DEAD_LETTERS, EVENTS, SUBSCRIPTION, TOPIC
from local.process import Process, accepts, free_port
from local.pubsub import clients
from local.pubsub.google_emulator import emulator_command

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
ACK_SECONDS = 10  # what a killed process had just pulled comes back after this long
OPTIONS = [
    f"--input_subscription={SUBSCRIPTION}",
    f"--events_table={EVENTS}",
    f"--dead_letter_table={DEAD_LETTERS}",
    "--max_event_age_days=3650",
]


class Setting:
    """One Pub/Sub and one BigQuery, and the services that read from the one into the other."""

    def __init__(self, host: str, publisher: PublisherClient, folder: Path) -> None:
        self.host = host
        self.publisher = publisher
        self.bigquery = StoredIds()
        self.rest = BigQueryRestServer()
        self.folder = folder

    def __enter__(self) -> Self:
        self.bigquery.__enter__()
        self.rest.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.rest.__exit__(*error)
        self.bigquery.__exit__(*error)

    @contextmanager
    def service(self, *options: str, log_to: Path | None = None) -> Iterator["Running"]:
        """The service as a process; killed at the end if it is still there."""
        command = [sys.executable, "-m", "flex_template.main", "--runner=DirectRunner"]
        with self.process([*command, *options], log_to) as service:
            yield service

    @contextmanager
    def process(self, command: Sequence[str], log_to: Path | None = None) -> Iterator["Running"]:
        """A command that reads the subscription into the tables; the same."""
        environment = {
            "PYTHONPATH": str(ROOT),
            "PUBSUB_EMULATOR_HOST": self.host,
            "BIGQUERY_EMULATOR_HOST": self.rest.url,
            "BIGQUERY_STORAGE_EMULATOR_HOST": self.bigquery.host,
            "GRPC_VERBOSITY": "ERROR",
        }
        log = log_to or self.folder / "service.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*command, *OPTIONS],
                env={**os.environ, **environment},
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        # It is killed by its own id, so it has no guard above it but one beside it.
        with _group_that_ends_with_us(process.pid):
            try:
                yield Running(process, log)
            finally:
                process.kill()
                process.wait()


@contextmanager
def _group_that_ends_with_us(group: int) -> Iterator[None]:
    """Kill a process group when the block ends, or when this process does, however that ends."""
    command = ["sh", "-c", "cat; kill -s KILL -- -$0 2>/dev/null", str(group)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        yield


class Running:
    """A service's process and its log."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def status_url(self) -> str:
        """Where `/health` and `/metrics` are, with `--status_address=127.0.0.1:0`."""
        self.wait_for(lambda: "/health and" in self.log(), START_SECONDS)
        return re.findall(r"(http://\S+)/health and", self.log())[-1]  # type: ignore[no-any-return]

    def wait_for(self, met: Callable[[], bool], seconds: float) -> None:
        """Poll until `met`.

        Raises:
            TimeoutError: it is not met in time, or the process has ended; with the end of its log.
        """
        deadline = time.monotonic() + seconds
        while not met():
            if self.process.poll() is not None or time.monotonic() > deadline:
                code = self.process.returncode
                raise TimeoutError(f"exit code {code}, {seconds:g} s\n{self.log()[-3000:]}")
            time.sleep(0.02)


@contextmanager
def setting(pubsub: str) -> Iterator[Setting]:
    """Everything but the service; `pubsub` is "ours" or "google"."""
    with tempfile.TemporaryDirectory(prefix="aegis-") as name:
        folder, port = Path(name), free_port()
        with Process("pubsub", _pubsub_command(pubsub, port), _PATH, folder) as process:
            process.wait_until(lambda: accepts(port))
            host = f"127.0.0.1:{port}"
            with clients.connect(host) as channel:
                subscriber = clients.subscriber(channel)
                stage = Setting(host, clients.publisher(channel), folder)
                stage.publisher.create_topic(name=TOPIC)
                subscriber.create_subscription(
                    name=SUBSCRIPTION, topic=TOPIC, ack_deadline_seconds=ACK_SECONDS
                )
                with stage:
                    yield stage


_PATH = {"PYTHONPATH": str(ROOT)}


def _pubsub_command(pubsub: str, port: int) -> Sequence[str]:
    if pubsub == "google":
        return emulator_command(port)
    return [sys.executable, "-m", "local.pubsub.server", f"--port={port}"]
