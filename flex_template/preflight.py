"""What can be known to fail before a worker starts, in one clear line each."""

import argparse
import os
import sys

from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
)
from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from schemas import table_schema

AT_LEAST_ONCE = "streaming_mode_at_least_once"


def on_dataflow(options: PipelineOptions) -> bool:
    runner = options.view_as(StandardOptions).runner or ""
    return bool(runner.split(".")[-1] == "DataflowRunner")


def preflight(options: argparse.Namespace, beam_options: PipelineOptions) -> None:
    """Refuse combinations that no runner can serve, and tables that do not fit.

    Raises:
        SystemExit: with one line that says what to change.
    """
    if options.deduplicate:
        _check_deduplication(beam_options)
    # A Dataflow launcher need not be allowed to read the tables; there, the workers fail loudly.
    if not options.output_directory and not on_dataflow(beam_options):
        client = _client()
        for table, kind in (
            (options.events_table, "events"),
            (options.dead_letter_table, "dead_letters"),
        ):
            _check_table(client, table.replace(":", "."), kind)


def _check_deduplication(beam_options: PipelineOptions) -> None:
    services = beam_options.view_as(GoogleCloudOptions).dataflow_service_options or []
    if not on_dataflow(beam_options):
        sys.exit("--deduplicate needs --runner=DataflowRunner: no other runner reads id labels")
    if AT_LEAST_ONCE in services:
        sys.exit(f"--deduplicate needs the exactly-once streaming mode, without {AT_LEAST_ONCE}")


def _client() -> bigquery.Client:
    emulator = os.environ.get("BIGQUERY_EMULATOR_HOST")
    return bigquery.Client(
        project="aegis-preflight" if emulator else None,
        credentials=AnonymousCredentials() if emulator else None,
    )


def _check_table(client: bigquery.Client, table: str, kind: str) -> None:
    try:
        found = {field.name for field in client.get_table(table).schema}
    except NotFound:
        sys.exit(f"table {table} does not exist; deploy/setup.sh creates it")
    missing = [field["name"] for field in table_schema(kind) if field["name"] not in found]
    if missing:
        sys.exit(
            f"table {table} lacks the columns {', '.join(missing)} of schemas/{kind}.table.json"
        )
