"""What Dataflow receives: the job object and the portable pipeline beside it."""

from typing import Any, NamedTuple

import pytest
from apache_beam.portability.api import beam_runner_api_pb2 as beam_proto

from tests.template.cloud import BUCKET, IMAGE, PARAMETERS, Cloud

READ = "beam:transform:pubsub_read:v1"
PARDO = "beam:transform:pardo:v1"
PATH = [
    "Read",
    "Gather",
    "Accept",
    "Parse",
    "Validate",
    "Convert",
    "Append events",
    "Dead letters",
    "Append dead letters",
]


class Job(NamedTuple):
    """The job object, and the primitive transforms of its pipeline."""

    environment: dict[str, Any]
    transforms: list[beam_proto.PTransform]


@pytest.fixture(scope="session")
def job(cloud: Cloud) -> Job:
    experiment = "--additional-experiments=streaming_mode_at_least_once"
    launched = cloud.launch("inspected", experiment, **PARAMETERS)
    assert launched.returncode == 0, launched.stderr
    return read_job(cloud, "inspected")


def read_job(cloud: Cloud, name: str) -> Job:
    environment = cloud.job_object(name)["environment"]
    url = environment["sdkPipelineOptions"]["options"]["pipelineUrl"]
    components = beam_proto.Pipeline.FromString(cloud.read(url)).components
    leaves = [one for one in components.transforms.values() if not one.subtransforms]
    return Job(environment, leaves)


def read_payload(job: Job) -> beam_proto.PubSubReadPayload:
    (read,) = [one for one in job.transforms if one.spec.urn == READ]
    return beam_proto.PubSubReadPayload.FromString(read.spec.payload)


def test_workers_run_the_published_image(job: Job) -> None:
    (pool,) = job.environment["workerPools"]
    assert pool["workerHarnessContainerImage"] == IMAGE
    assert [one["containerImage"] for one in pool["sdkHarnessContainerImages"]] == [IMAGE]


def test_the_job_streams_at_least_once_on_streaming_engine(job: Job) -> None:
    experiments = job.environment["experiments"]
    assert {"streaming_mode_at_least_once", "enable_streaming_engine"} <= set(experiments)
    assert job.environment["sdkPipelineOptions"]["options"]["streaming"] is True


def test_everything_is_staged_in_the_projects_bucket(job: Job) -> None:
    options = job.environment["sdkPipelineOptions"]["options"]
    assert options["staging_location"].startswith(f"gs://{BUCKET}/staging/")
    assert options["temp_location"].startswith(f"gs://{BUCKET}/temp/")


def test_the_read_takes_whole_messages_from_the_subscription(job: Job) -> None:
    payload = read_payload(job)
    assert payload.subscription == PARAMETERS["input_subscription"]
    assert payload.with_attributes
    assert payload.id_attribute == ""


def test_nothing_keeps_the_path_from_fusing_into_one_stage(job: Job) -> None:
    """No shuffle, side input, state or timer: elements pass from step to step in memory."""
    assert {one.spec.urn for one in job.transforms} == {READ, PARDO}
    for transform in job.transforms:
        if transform.spec.urn == PARDO:
            payload = beam_proto.ParDoPayload.FromString(transform.spec.payload)
            assert len(transform.inputs) == 1
            assert not payload.state_specs
            assert not payload.timer_family_specs


def test_messages_take_the_documented_steps_in_their_order(job: Job) -> None:
    (append,) = [one for one in job.transforms if one.unique_name == "Append dead letters"]
    assert _steps_up_to(append, job.transforms) == PATH


def _steps_up_to(
    transform: beam_proto.PTransform, transforms: list[beam_proto.PTransform]
) -> list[str]:
    makers = {output: one for one in transforms for output in one.outputs.values()}
    steps: list[str] = []
    while True:
        step = transform.unique_name.partition("/")[0]
        if step not in steps[:1]:
            steps.insert(0, step)
        if transform.spec.urn == READ:
            return steps
        (source,) = transform.inputs.values()
        transform = makers[source]


def test_deduplication_reads_by_event_id(cloud: Cloud) -> None:
    exactly_once = "--additional-experiments=streaming_mode_exactly_once"
    launched = cloud.launch("deduplicated", exactly_once, **PARAMETERS, deduplicate="true")
    assert launched.returncode == 0, launched.stderr
    assert read_payload(read_job(cloud, "deduplicated")).id_attribute == "event_id"


def test_deduplication_is_refused_in_at_least_once_mode(cloud: Cloud) -> None:
    experiment = "--additional-experiments=streaming_mode_at_least_once"
    refused = cloud.launch("refused", experiment, **PARAMETERS, deduplicate="true")
    assert refused.returncode != 0
    assert "exactly-once" in refused.stderr
