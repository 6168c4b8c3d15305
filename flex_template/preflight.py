"""What can be known to fail before a worker starts, in one clear line each."""

import argparse
import sys

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import (
    DebugOptions,
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
)

from flex_template.bigquery.client import check_table, connect

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
    if options.input_files:
        _check_files(options.input_files)
    # A Dataflow launcher need not be allowed to read the tables; there, the workers fail loudly.
    if not options.output_directory and not on_dataflow(beam_options):
        with connect(options.events_table) as client:
            check_table(client, options.events_table, "events")
            check_table(client, options.dead_letter_table, "dead_letters")


def _check_files(pattern: str) -> None:
    if not FileSystems.match([pattern], limits=[1])[0].metadata_list:
        sys.exit(f"no file matches --input_files={pattern}")


def _check_deduplication(beam_options: PipelineOptions) -> None:
    services = beam_options.view_as(GoogleCloudOptions).dataflow_service_options or []
    experiments = beam_options.view_as(DebugOptions).experiments or []
    if not on_dataflow(beam_options):
        sys.exit("--deduplicate needs --runner=DataflowRunner: no other runner reads id labels")
    if AT_LEAST_ONCE in [*services, *experiments]:
        sys.exit(f"--deduplicate needs the exactly-once streaming mode, without {AT_LEAST_ONCE}")
