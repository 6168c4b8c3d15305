"""The whole path on this machine: Pub/Sub, BigQuery, the edge function and the pipeline."""

import secrets
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from local import names
from local.bigquery.start import BigQuery, starting_bigquery
from local.process import ROOT, Process, StackError, accepts, free_port
from local.pubsub import clients as pubsub_clients
from local.pubsub.server import PubSubServer
from local.pubsub.start import starting_pubsub
from local.resources import create_queue, create_tables, create_views
from schemas import DEFAULT_AGE_DAYS

READY_SECONDS = 90  # it takes a few on an idle machine, and many more on a crowded one


class Stack:
    """Starts every part on a free port of 127.0.0.1 and stops all of them with the block.

    `bigquery_hosts` are the variables by which clients in other processes find BigQuery.

    Raises:
        StackError: a part did not start, or `port` (of the edge) is busy.
    """

    def __init__(
        self,
        port: int = 0,
        pubsub: PubSubServer | None = None,
        max_event_age_days: int = DEFAULT_AGE_DAYS,
        api_key: str | None = None,
        allowed_origins: str = "",
    ) -> None:
        self._port = port
        self._given_pubsub = pubsub
        self._max_event_age_days = max_event_age_days
        self._parts = ExitStack()
        self._processes: list[Process] = []
        self._allowed_origins = allowed_origins
        self.api_key = api_key or secrets.token_urlsafe(24)

    def __enter__(self) -> Self:
        with self._parts as parts:
            self._start()
            self._parts = parts.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def check_alive(self) -> None:
        """Raise `StackError` if a part has ended."""
        for process in self._processes:
            process.check_alive()

    def _start(self) -> None:
        port = _checked_port(self._port)
        self._logs = Path(self._parts.enter_context(_temporary_folder()))
        # All at once, as each imports for a second or two; then what needs another to be there.
        bigquery = self._parts.enter_context(starting_bigquery(self._logs))
        self.bigquery_hosts = bigquery.variables
        self.pubsub = self._parts.enter_context(starting_pubsub(self._logs, self._given_pubsub))
        started = (bigquery.process, self.pubsub.process)
        self._processes += [process for process in started if process is not None]
        status_port = free_port()
        pipeline = self._start_pipeline(status_port)
        edge = self._start_edge(port)
        self._create_queue()
        self._create_tables(bigquery)
        self._tables_are_there.touch()
        edge.wait_until(lambda: accepts(port), READY_SECONDS)
        # What is sent before it reads would wait for its start, and seem slow.
        pipeline.wait_until(lambda: _is_reading(status_port), READY_SECONDS)

    def _create_queue(self) -> None:
        self.pubsub.wait_until_ready()
        channel = self._parts.enter_context(pubsub_clients.connect(self.pubsub.host))
        self.publisher = pubsub_clients.publisher(channel)
        create_queue(self.publisher, pubsub_clients.subscriber(channel))

    def _create_tables(self, emulator: BigQuery) -> None:
        emulator.wait_until_ready()
        self.bigquery = self._parts.enter_context(_bigquery_client(emulator.url))
        create_tables(self.bigquery, names.DATASET)
        create_views(self.bigquery, names.DATASET)

    @property
    def _tables_are_there(self) -> Path:
        """A file for which the pipeline waits: it ends where a table is missing."""
        return self._logs / "tables-are-there"

    def _start_pipeline(self, status_port: int) -> Process:
        return self._spawn(
            "pipeline",
            *["-m", "local.imported", str(self._tables_are_there), "flex_template.main"],
            *["--runner=DirectRunner", "--streaming"],
            f"--input_subscription={names.SUBSCRIPTION}",
            f"--events_table={names.EVENTS}",
            f"--dead_letter_table={names.DEAD_LETTERS}",
            f"--max_event_age_days={self._max_event_age_days}",
            f"--status_address=127.0.0.1:{status_port}",
            PUBSUB_EMULATOR_HOST=self.pubsub.host,
            **self.bigquery_hosts,
        )

    def _start_edge(self, port: int) -> Process:
        self.url = f"http://127.0.0.1:{port}"
        return self._spawn(
            "edge",
            *["-m", "ingest_function"],
            HOST="127.0.0.1",
            PORT=str(port),
            GCP_PROJECT_ID=names.PROJECT,
            PUB_SUB_TOPIC_ID=names.TOPIC_ID,
            PUBSUB_EMULATOR_HOST=self.pubsub.host,
            AUTH_MODE="api_key",
            API_KEYS=self.api_key,
            ALLOWED_ORIGINS=self._allowed_origins,
            MAX_EVENT_AGE_DAYS=str(self._max_event_age_days),
        )

    def start_console(self) -> str:
        """Serve the console over this stack too; returns its address."""
        port = free_port()
        process = self._spawn(
            "console",
            *["-m", "console"],
            HOST="127.0.0.1",
            PORT=str(port),
            GCP_PROJECT_ID=names.PROJECT,
            PUB_SUB_TOPIC_ID=names.TOPIC_ID,
            BIGQUERY_DATASET_ID=names.DATASET.rpartition(".")[2],
            BIGQUERY_TABLE_ID="events",
            CONSOLE_ACCESS="loopback",
            PUBSUB_EMULATOR_HOST=self.pubsub.host,
            **self.bigquery_hosts,
        )
        process.wait_until(lambda: accepts(port), READY_SECONDS)
        return f"http://127.0.0.1:{port}"

    def _spawn(self, name: str, *arguments: str, **environment: str) -> Process:
        command = [sys.executable, *arguments]
        process = Process(name, command, {"PYTHONPATH": str(ROOT)} | environment, self._logs)
        self._processes.append(self._parts.enter_context(process))
        return process


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="aegis-")
    except OSError as error:
        raise StackError(f"no folder for logs can be made: {error.strerror}") from None


def _checked_port(wanted: int) -> int:
    if wanted and accepts(wanted):
        choice = "choose another with --port (make dev PORT=8081), or 0 for a free one"
        raise StackError(f"port {wanted} is busy: {choice}")
    return wanted or free_port()


def _is_reading(status_port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{status_port}/health").is_success
    except httpx.TransportError:
        return False


def _bigquery_client(url: str) -> bigquery.Client:
    return bigquery.Client(
        project=names.PROJECT,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=url),
    )
