"""Everything after the read is one stage: a bundle is stored as a whole before it is acknowledged.

A second stage would wait for the end of an endless source while its messages are acknowledged.
"""

import pytest
from apache_beam.runners.portability.fn_api_runner import translations
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.transforms.environments import EmbeddedPythonEnvironment

from flex_template.job import Job
from flex_template.main import run
from tests.flex_template.runs import SUBSCRIPTION_OPTIONS

OPTIONS = ["--runner=DirectRunner", *SUBSCRIPTION_OPTIONS]
AFTER_THE_READ = {
    *("Gather", "Parse", "Validate", "Convert"),
    *("Append events", "Dead letters", "Append dead letters"),
}


def stages_of(*options: str) -> list[translations.Stage]:
    """The stages that take part in the reading, as the runner itself would run them."""
    proto = (
        Job.of([*OPTIONS, *options], {})
        .pipeline()
        .to_runner_api(default_environment=EmbeddedPythonEnvironment.default())
    )
    _, stages = FnApiRunner().create_stages(proto)
    return stages  # type: ignore[no-any-return]


def steps_of(stage: translations.Stage) -> set[str]:
    return {transform.unique_name.partition("/")[0] for transform in stage.transforms}


def test_all_steps_from_the_read_to_the_dead_letters_are_one_stage() -> None:
    *before, last = stages_of()
    assert {"Read", *AFTER_THE_READ} <= steps_of(last)
    assert AFTER_THE_READ.isdisjoint(set().union(*map(steps_of, before)))


def test_a_sink_that_shuffles_would_be_a_stage_of_its_own() -> None:
    assert not {"Read", "Append dead letters"} <= steps_of(
        stages_of("--write_method=STREAMING_INSERTS")[-1]
    )


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--write_method=STREAMING_INSERTS", "--write_method=STREAMING_INSERTS would lose"),
        ("--output_directory=out", "--output_directory is for --input_files"),
    ],
)
def test_a_sink_that_starts_a_stage_is_refused(option: str, reason: str) -> None:
    with pytest.raises(SystemExit, match=reason):
        run([*OPTIONS, option], {})


def test_a_topic_is_refused_where_a_subscription_is_read() -> None:
    topic = {"GCP_PROJECT_ID": "aegis-test", "PUB_SUB_TOPIC_ID": "events"}
    with pytest.raises(SystemExit, match="give --input_subscription"):
        run([option for option in OPTIONS if "subscription" not in option], topic)
