"""bqemulator as a child process: BigQuery's REST and Storage Write APIs on loopback ports.

python -m local.bigquery.emulator --rest_port 9050 --grpc_port 9060
"""

import argparse
import threading
from typing import Any

import bqemulator.server
from bqemulator.config import LogLevel, Settings
from bqemulator.storage.engine import DuckDBEngine
from duckdb_extensions import import_extension
from sqlglot.dialects.dialect import Dialect

from local.bigquery.forgetful import ForgetfulCatalog, NoTimeTravel
from local.bigquery.parsed_once import parse_once


class CursorPerThread(DuckDBEngine):
    """bqemulator shares one connection between queries and appends, which deadlock over it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._cursors = threading.local()

    @property
    def connection(self) -> Any:
        if not hasattr(self._cursors, "cursor"):
            self._cursors.cursor = super().connection.cursor()
            self._cursors.cursor.execute("SET TimeZone = 'UTC'")
        return self._cursors.cursor


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m local.bigquery.emulator", description=__doc__)
    command.add_argument("--rest_port", type=int, required=True, help="HTTP, for clients and SQL")
    command.add_argument("--grpc_port", type=int, required=True, help="appends to write streams")
    options = command.parse_args()
    import_extension("spatial")  # from its wheel: DuckDB would download it
    settings = Settings(
        rest_port=options.rest_port, grpc_port=options.grpc_port, log_level=LogLevel.WARNING
    )
    # The server takes none of its parts as an argument.
    bqemulator.server.DuckDBEngine = CursorPerThread  # type: ignore[attr-defined]
    bqemulator.server.MemoryCatalogRepository = ForgetfulCatalog  # type: ignore[attr-defined, assignment]
    bqemulator.server.SnapshotManager = NoTimeTravel  # type: ignore[attr-defined]
    Dialect.parse = parse_once  # type: ignore[method-assign, assignment]
    bqemulator.server.run_forever(settings)


if __name__ == "__main__":
    main()
