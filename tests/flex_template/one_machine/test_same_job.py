"""Moving to Dataflow changes the runner option: the same other options build the same job."""

from apache_beam.portability.api import beam_runner_api_pb2 as beam_proto
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from flex_template.job import Job
from tests.flex_template.runs import SUBSCRIPTION_OPTIONS

DATAFLOW = [
    "--runner=DataflowRunner",
    "--project=aegis-test",
    "--region=europe-west1",
    "--temp_location=gs://aegis-test/temp",
]
NATIVE = "beam:transform:pubsub_read:v1"


def transforms(*runner: str) -> list[beam_proto.PTransform]:
    """The primitive transforms of the job's pipeline, in their order."""
    job = Job.of([*runner, *SUBSCRIPTION_OPTIONS], {})
    # Dataflow's own runner would look for its bucket when it is made.
    proto = job.pipeline(FnApiRunner()).to_runner_api()
    return [each for each in proto.components.transforms.values() if not each.subtransforms]


def after_the_read(*runner: str) -> dict[str, str]:
    """Each step, and the one that it takes its input from."""
    found = transforms(*runner)
    makers = {
        output: each.unique_name.partition("/")[0]
        for each in found
        for output in each.outputs.values()
    }
    return {
        each.unique_name: makers[output]
        for each in found
        for output in each.inputs.values()
        if not each.unique_name.startswith("Read")
    }


def test_all_but_the_read_is_the_same_on_dataflow() -> None:
    steps = after_the_read("--runner=DirectRunner")
    assert steps == after_the_read(*DATAFLOW)
    assert len(steps) >= 7


def test_dataflow_keeps_its_native_read() -> None:
    assert NATIVE in {each.spec.urn for each in transforms(*DATAFLOW)}
    assert NATIVE not in {each.spec.urn for each in transforms("--runner=DirectRunner")}


def test_beams_old_way_stays_reachable_by_its_own_name() -> None:
    assert NATIVE in {each.spec.urn for each in transforms("--runner=BundleBasedDirectRunner")}
    assert not Job.of(["--runner=BundleBasedDirectRunner", *SUBSCRIPTION_OPTIONS], {}).is_service


def test_a_subscription_alone_chooses_the_service() -> None:
    assert Job.of(["--runner=DirectRunner", *SUBSCRIPTION_OPTIONS], {}).is_service
    assert Job.of(SUBSCRIPTION_OPTIONS, {}).is_service
