"""The entry point: `python -m flex_template.main --runner=... --input_subscription=... ...`.

On Dataflow it returns once the job is submitted; elsewhere it runs the pipeline to its end.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    SetupOptions,
    StandardOptions,
)

from flex_template.dead_letter import Origin
from flex_template.options import parse
from flex_template.pipeline import build
from flex_template.preflight import on_dataflow, preflight
from flex_template.sinks import sinks
from flex_template.sources import source, source_name
from schemas import Limits


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Build and run the pipeline that the command line describes.

    Raises:
        SystemExit: the command line, or what it names, cannot work; the message says why.
    """
    options, beam_arguments = parse(arguments, environment)
    beam_options = PipelineOptions(beam_arguments)
    # The package is installed where workers run: nothing of this module needs to be pickled.
    beam_options.view_as(SetupOptions).save_main_session = False
    _choose_mode(beam_options.view_as(StandardOptions), streaming=not options.input_files)
    preflight(options, beam_options)
    origin = Origin(
        source_name(options),
        options.output_directory or options.events_table,
        beam_options.view_as(GoogleCloudOptions).job_name,
    )
    limits = Limits.of_days(options.max_event_age_days)
    pipeline = beam.Pipeline(options=beam_options)
    build(pipeline, source(options), sinks(options), origin, limits)
    result = pipeline.run()
    if not on_dataflow(beam_options):
        result.wait_until_finish()


def _choose_mode(standard: StandardOptions, *, streaming: bool) -> None:
    """The plain DirectRunner would download a runner first: name the one it ships with."""
    standard.streaming = streaming
    if standard.runner in (None, "DirectRunner"):
        standard.runner = "BundleBasedDirectRunner" if streaming else "FnApiRunner"


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    run(sys.argv[1:], os.environ)
