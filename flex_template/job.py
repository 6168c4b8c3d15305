"""What a command line describes: the options, and the pipeline that they make on any runner."""

import argparse
import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import (
    DirectOptions,
    GoogleCloudOptions,
    PipelineOptions,
    SetupOptions,
    StandardOptions,
)
from apache_beam.runners.runner import PipelineRunner

from flex_template.dead_letter import Origin
from flex_template.options import parse
from flex_template.pipeline import build
from flex_template.sinks import sinks
from flex_template.sources import source, source_name
from schemas import Limits

# Runners that put a read of their own in the place of Beam's `ReadFromPubSub`.
_NATIVE_READ = {"DataflowRunner", "TestDataflowRunner", "BundleBasedDirectRunner"}


class Job(NamedTuple):
    """Our options and Beam's."""

    options: argparse.Namespace
    beam_options: PipelineOptions

    @classmethod
    def of(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> "Job":
        """The job that the command line describes.

        Raises:
            SystemExit: an option is malformed or missing; argparse has printed which.
        """
        options, beam_arguments = parse(arguments, environment)
        beam_options = PipelineOptions(beam_arguments)
        # The package is installed where workers run: nothing needs to be pickled with `__main__`.
        beam_options.view_as(SetupOptions).save_main_session = False
        standard = beam_options.view_as(StandardOptions)
        standard.streaming = not options.input_files
        # The plain DirectRunner would download a runner first: name the one that Beam ships with.
        if standard.runner in (None, "DirectRunner"):
            standard.runner = "FnApiRunner"
        if options.input_files and options.processes > 1:
            _share_out(beam_options.view_as(DirectOptions), options.processes)
        return cls(options, beam_options)

    @property
    def runner(self) -> str:
        """The runner's class name."""
        return str(self.beam_options.view_as(StandardOptions).runner).rpartition(".")[2]

    @property
    def on_dataflow(self) -> bool:
        return self.runner == "DataflowRunner"

    @property
    def pulls(self) -> bool:
        """Whether the messages come through our own read."""
        return not self.options.input_files and self.runner not in _NATIVE_READ

    @property
    def is_service(self) -> bool:
        """Whether this process itself reads the subscription until it is told to stop."""
        return self.pulls and self.runner == "FnApiRunner"

    def pipeline(self, runner: PipelineRunner | None = None) -> beam.Pipeline:
        """The whole path; on `runner` if one is given, otherwise on the one that is named."""
        options = self.options
        origin = Origin(
            source_name(options),
            options.output_directory or options.events_table,
            self.beam_options.view_as(GoogleCloudOptions).job_name,
        )
        read = source(options, native=not self.pulls)
        pipeline = beam.Pipeline(runner, options=self.beam_options)
        limits = Limits.of_days(options.max_event_age_days)
        build(pipeline, read, sinks(options), origin, limits)
        return pipeline


def _share_out(direct: DirectOptions, processes: int) -> None:
    """Let the FnApiRunner work through files in several processes; a stream it would not end."""
    direct.direct_num_workers = processes
    direct.direct_running_mode = "multi_processing"
    # It repeats every line of its workers' logs at this level.
    logging.getLogger("apache_beam.runners.portability.local_job_service").setLevel(logging.WARNING)
