"""The pipeline's own options; everything else on the command line is Beam's.

Defaults come from the environment: `GCP_PROJECT_ID`, `PUB_SUB_TOPIC_ID`, `BIGQUERY_DATASET_ID`
and `BIGQUERY_TABLE_ID`.
"""

import argparse
from collections.abc import Mapping, Sequence

from apache_beam.options.pipeline_options import PipelineOptions

from flex_template.command_line import (
    MAX_AGE_DAYS,
    ShowDefaults,
    positive,
    refuse_misspelt,
    subscription,
    table,
    topic,
)
from flex_template.one_machine.options import add_options
from schemas import DEFAULT_AGE_DAYS

WRITE_METHODS = ("STORAGE_WRITE_API", "STREAMING_INSERTS")


def _switch(text: str) -> bool:
    """On a command line the option alone is enough; a template passes a value."""
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """The command line; a default is None where `environment` does not give one."""
    result = argparse.ArgumentParser(
        prog="python -m flex_template.main",
        allow_abbrev=False,
        description=__doc__,
        formatter_class=ShowDefaults,
    )
    _add_source(result, environment)
    _add_sink(result, environment)
    result.add_argument(
        "--max_event_age_days",
        type=positive(MAX_AGE_DAYS, str(DEFAULT_AGE_DAYS)),
        default=float(DEFAULT_AGE_DAYS),
        help="Dead-letter events observed longer ago than this many days; raise it for backfills.",
    )
    return result


def _add_source(result: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    source = result.add_mutually_exclusive_group()
    source.add_argument(
        "--input_subscription",
        type=subscription,
        help="Pub/Sub subscription to read, kept across restarts of the job: the usual choice.",
    )
    source.add_argument(
        "--input_topic",
        type=topic,
        default=_joined(environment, "GCP_PROJECT_ID", "PUB_SUB_TOPIC_ID", "projects/{}/topics/{}"),
        help="Pub/Sub topic to read through a temporary subscription, which forgets what is "
        "published while no job runs. Default: GCP_PROJECT_ID and PUB_SUB_TOPIC_ID.",
    )
    source.add_argument(
        "--input_files",
        help="Batch instead of streaming: a path or gs:// pattern of JSON-lines files, "
        "plain or gzip, one event per line, for backfills.",
    )
    result.add_argument(
        "--deduplicate",
        nargs="?",
        const=True,
        default=False,
        type=_switch,
        help="Let Dataflow drop messages whose event_id attribute it saw in the last ten minutes; "
        "needs the exactly-once streaming mode of DataflowRunner.",
    )


def _add_sink(result: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    names = ("GCP_PROJECT_ID", "BIGQUERY_DATASET_ID")
    result.add_argument(
        "--events_table",
        type=table,
        default=_joined(environment, *names, "BIGQUERY_TABLE_ID", "{}.{}.{}"),
        help="BigQuery table for events, project.dataset.table, created beforehand. "
        "Default: GCP_PROJECT_ID, BIGQUERY_DATASET_ID and BIGQUERY_TABLE_ID.",
    )
    result.add_argument(
        "--dead_letter_table",
        type=table,
        default=_joined(environment, *names, "{}.{}.dead_letters"),
        help="BigQuery table for what cannot become an event, created beforehand. "
        "Default: dead_letters in the dataset of GCP_PROJECT_ID and BIGQUERY_DATASET_ID.",
    )
    result.add_argument(
        "--output_directory",
        help="Write events.jsonl and dead_letters.jsonl to this local folder instead of BigQuery, "
        "to try the pipeline or to compare runs.",
    )
    result.add_argument(
        "--write_method",
        choices=WRITE_METHODS,
        default=WRITE_METHODS[0],
        help="STORAGE_WRITE_API appends Arrow batches to the table's default stream; "
        "STREAMING_INSERTS uses Beam's own sink and the older, more expensive API.",
    )


def _joined(environment: Mapping[str, str], *names_and_template: str) -> str | None:
    *names, template = names_and_template
    values = [environment.get(name) for name in names]
    return template.format(*values) if all(values) else None


def parse(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[argparse.Namespace, list[str]]:
    """Our options and Beam's arguments.

    Raises:
        SystemExit: an option is malformed or missing; argparse has printed which.
    """
    command = parser(environment)
    add_options(command)
    options, beam_arguments = command.parse_known_args(arguments)
    refuse_misspelt(command, beam_arguments, PipelineOptions([]).get_all_options())
    if options.input_subscription or options.input_files:
        options.input_topic = None  # an explicit source wins over the environment's topic
    if not (options.input_subscription or options.input_topic or options.input_files):
        command.error("one of --input_subscription, --input_topic or --input_files is needed")
    if not options.output_directory:
        for name, table in (("events_table", "events"), ("dead_letter_table", "dead_letters")):
            if not getattr(options, name):
                command.error(f"--{name} is needed; example: my-project.aegis.{table}")
    return options, beam_arguments
