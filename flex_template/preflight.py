"""What can be known to fail before a worker starts, in one clear line each."""

import sys
from pathlib import Path
from tempfile import TemporaryFile

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import (
    DebugOptions,
    GoogleCloudOptions,
    StandardOptions,
)
from apache_beam.runners.runner import create_runner

from flex_template.bigquery.client import check_table, connect
from flex_template.job import Job
from schemas import SchemaFileError, versions

IMAGE_PYTHON = (3, 11)  # of flex_template/Dockerfile; a test holds the two together
# https://cloud.google.com/dataflow/docs/guides/streaming-modes
AT_LEAST_ONCE = "streaming_mode_at_least_once"


def preflight(job: Job) -> None:
    """Refuse version files at fault, what no runner can serve, and tables that do not fit.

    Raises:
        SystemExit: with one line that says what to change.
    """
    options = job.options
    _check_versions()
    _check_runner(job)
    if options.output_directory:
        _check_writable(options.output_directory)
    if options.deduplicate:
        _check_deduplication(job)
    if options.input_files:
        _check_files(options.input_files)
    if job.pulls:
        _check_pull(job)
    if job.on_dataflow:
        _check_python()
    # A Dataflow launcher need not be allowed to read the tables; there, the workers fail loudly.
    if not options.output_directory and not job.on_dataflow:
        with connect(options.events_table) as client:
            check_table(client, options.events_table, "events")
            check_table(client, options.dead_letter_table, "dead_letters")


def _check_versions() -> None:
    try:
        versions()
    except SchemaFileError as error:
        sys.exit(str(error))


def _check_runner(job: Job) -> None:
    name = job.beam_options.view_as(StandardOptions).runner
    try:
        create_runner(name)
    except (ValueError, ImportError, AttributeError):
        sys.exit(
            f"--runner={name} is not one of Beam's runners; leave it out, or give DirectRunner"
        )


def _check_writable(folder: str) -> None:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        sys.exit(f"cannot write to --output_directory={folder}: {error.strerror}")


def _check_pull(job: Job) -> None:
    """Sinks that start a stage of their own would lose what is acknowledged before it ends."""
    options = job.options
    if options.input_topic:
        sys.exit("a topic is read by Dataflow only: give --input_subscription")
    if options.output_directory:
        sys.exit("--output_directory is for --input_files: a stream on one machine has no end")
    if options.write_method == "STREAMING_INSERTS":
        sys.exit("--write_method=STREAMING_INSERTS would lose messages on one machine: leave it")


def _check_python() -> None:
    """What this Python pickles, the image's must read: Beam asks for one minor version."""
    version = sys.version_info[:2]
    if version != IMAGE_PYTHON:
        ours, theirs = (".".join(map(str, pair)) for pair in (version, IMAGE_PYTHON))
        sys.exit(f"the workers' image has Python {theirs}, this is {ours}: submit with {theirs}")


def _check_files(pattern: str) -> None:
    if not FileSystems.match([pattern], limits=[1])[0].metadata_list:
        sys.exit(f"no file matches --input_files={pattern}")


def _check_deduplication(job: Job) -> None:
    services = job.beam_options.view_as(GoogleCloudOptions).dataflow_service_options or []
    experiments = job.beam_options.view_as(DebugOptions).experiments or []
    if not job.on_dataflow:
        sys.exit("--deduplicate needs --runner=DataflowRunner: no other runner reads id labels")
    if AT_LEAST_ONCE in [*services, *experiments]:
        sys.exit(f"--deduplicate needs the exactly-once streaming mode, without {AT_LEAST_ONCE}")
