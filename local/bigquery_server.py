"""bqemulator as a child process: BigQuery's REST and Storage Write APIs on loopback ports.

python -m local.bigquery_server --rest_port 9050 --grpc_port 9060
"""

import argparse

from bqemulator.config import Settings
from bqemulator.server import run_forever
from duckdb_extensions import import_extension


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m local.bigquery_server", description=__doc__)
    command.add_argument("--rest_port", type=int, required=True, help="HTTP, for clients and SQL")
    command.add_argument("--grpc_port", type=int, required=True, help="appends to write streams")
    options = command.parse_args()
    import_extension("spatial")  # from its wheel: DuckDB would download it
    run_forever(Settings(rest_port=options.rest_port, grpc_port=options.grpc_port))


if __name__ == "__main__":
    main()
