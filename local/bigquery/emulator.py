"""bqemulator as a child process: BigQuery's REST and Storage Write APIs on loopback ports.

python -m local.bigquery.emulator --rest_port 9050 --grpc_port 9060
"""

import argparse
import threading
from typing import Any

from flex_template.start import command_imports

with command_imports(__name__):
    import bqemulator.server
    from bqemulator.config import LogLevel, Settings
    from bqemulator.storage.engine import DuckDBEngine
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

    def _load_spatial(self) -> None:
        """Leave it out: no table has a GEOGRAPHY, and DuckDB downloads what it does not have."""
        self.connection.execute("SET autoinstall_known_extensions = false")


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m local.bigquery.emulator", description=__doc__)
    command.add_argument("--rest_port", type=int, required=True, help="HTTP, for clients and SQL")
    command.add_argument("--grpc_port", type=int, required=True, help="appends to write streams")
    options = command.parse_args()
    settings = Settings(
        rest_port=options.rest_port,
        grpc_port=options.grpc_port,
        log_level=LogLevel.WARNING,
        enable_format_extensions=False,
    )
    # The server takes none of its parts as an argument.
    bqemulator.server.DuckDBEngine = CursorPerThread  # type: ignore[attr-defined]
    bqemulator.server.MemoryCatalogRepository = ForgetfulCatalog  # type: ignore[attr-defined, assignment]
    bqemulator.server.SnapshotManager = NoTimeTravel  # type: ignore[attr-defined]
    Dialect.parse = parse_once  # type: ignore[method-assign, assignment]
    bqemulator.server.run_forever(settings)


if __name__ == "__main__":
    main()
