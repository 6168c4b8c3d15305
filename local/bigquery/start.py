"""The BigQuery emulator of the stack, the tests and the rehearsals, started in one way."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flex_template.bigquery.client import EMULATOR_VARIABLE as REST_VARIABLE
from flex_template.bigquery.group_commit.append_stream import EMULATOR_VARIABLE as STORAGE_VARIABLE
from local.process import ROOT, Process, accepts, free_port

READY_SECONDS = 120  # its imports take 3 s on an idle machine, a minute on a crowded one


@dataclass(frozen=True)
class BigQuery:
    """A running emulator: `url` of its REST API, `storage_host` (host:port) of its appends."""

    url: str
    storage_host: str
    process: Process

    def wait_until_ready(self) -> None:
        """Raise `StackError` if it does not start."""
        ports = [int(host.rpartition(":")[2]) for host in (self.url, self.storage_host)]
        self.process.wait_until(lambda: all(map(accepts, ports)), READY_SECONDS)

    @property
    def variables(self) -> dict[str, str]:
        """The environment by which clients in any process find it."""
        return {REST_VARIABLE: self.url, STORAGE_VARIABLE: self.storage_host}


@contextmanager
def start_bigquery(log_folder: Path) -> Iterator[BigQuery]:
    """Serve on free ports of 127.0.0.1 until the block ends.

    Raises:
        StackError: it did not start.
    """
    with starting_bigquery(log_folder) as bigquery:
        bigquery.wait_until_ready()
        yield bigquery


@contextmanager
def starting_bigquery(log_folder: Path) -> Iterator[BigQuery]:
    """The same, while it still starts."""
    rest, grpc = free_port(), free_port()
    ports = [f"--rest_port={rest}", f"--grpc_port={grpc}"]
    command = [sys.executable, "-m", "local.bigquery.emulator", *ports]
    with Process("bigquery", command, {"PYTHONPATH": str(ROOT)}, log_folder) as process:
        yield BigQuery(f"http://127.0.0.1:{rest}", f"127.0.0.1:{grpc}", process)
