"""Start the embedded BigQuery: `python tests/deploy/bigquery_emulator.py REST_PORT GRPC_PORT`."""

import sys

from bqemulator.cli import main
from duckdb_extensions import import_extension

if __name__ == "__main__":
    import_extension("spatial")
    rest_port, grpc_port = sys.argv[1:]
    main(["start", "--ephemeral", "--rest-port", rest_port, "--grpc-port", grpc_port])
