"""How the pipeline is cut into stages: all but the read must be one, on every runner."""

import apache_beam as beam
import orjson
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from flex_template.chunks.chunk import each
from flex_template.message import serialize
from flex_template.options import parse
from flex_template.pipeline import build
from flex_template.sinks import Sinks, sinks
from flex_template.sinks import sinks as sinks_of
from local.bigquery.write_server import BigQueryWriteServer, refuse
from tests.flex_template.runs import (
    DEAD_LETTERS_TABLE,
    EVENT,
    EVENTS_TABLE,
    LIMITS,
    ORIGIN,
    message,
    numbered,
)

STEPS = ["Gather", "Accept", "Parse", "Validate", "Convert", "Append events", "Dead letters"]
OPTIONS = [f"--events_table={EVENTS_TABLE}", f"--dead_letter_table={DEAD_LETTERS_TABLE}"]


class OneAtATime(beam.PTransform):
    """A source that yields given messages one by one; an impulse is all that precedes it."""

    def __init__(self, messages: list[bytes]) -> None:
        super().__init__()
        self._messages = messages

    def expand(self, start: beam.pvalue.PBegin) -> beam.PCollection:
        return start | beam.Impulse() | beam.FlatMap(lambda _: self._messages)


class Apart(beam.PTransform):
    """A step between two shuffles, so that all that goes in and comes out is encoded."""

    def __init__(self, step: beam.PTransform) -> None:
        super().__init__()
        self._step = step

    def expand(self, elements: beam.PCollection) -> beam.PCollection:
        shuffled = elements | "Before" >> beam.Reshuffle()
        return shuffled | "Step" >> self._step | "After" >> beam.Reshuffle()


def pipeline(messages: list[bytes], *beam_options: str) -> beam.Pipeline:
    parsed, _ = parse(["--input_files=none", *OPTIONS], {})
    result = beam.Pipeline("FnApiRunner", options=PipelineOptions(list(beam_options)))
    build(result, OneAtATime(messages), sinks(parsed), ORIGIN, LIMITS)
    return result


def test_everything_after_the_read_is_one_stage_on_the_fn_api_runner() -> None:
    proto = pipeline([serialize(message(b"{}"))]).to_runner_api()
    _, stages = FnApiRunner().create_stages(proto)
    fused = [" ".join(each.unique_name for each in stage.transforms) for stage in stages]
    (path,) = [names for names in fused if "Gather" in names]
    assert all(step in path for step in [*STEPS, "Append dead letters", "Read"])


@pytest.mark.parametrize("mode", ["multi_processing", "multi_threading"])
def test_it_passes_with_workers_of_their_own_over_the_fn_api(
    bigquery: BigQueryWriteServer, mode: str
) -> None:
    bigquery.faults = [refuse(lambda row: row["message_id"] == "3", "why")]
    payloads = [orjson.dumps(EVENT)] * 900 + [b"{", b"\xff"]
    messages = list(map(serialize, numbered(payloads)))
    result = pipeline(messages, f"--direct_running_mode={mode}", "--direct_num_workers=1").run()
    result.wait_until_finish()
    assert len(bigquery.rows["events"]) == 899
    assert {row["message_id"] for row in bigquery.rows["dead_letters"]} == {"3", "900", "901"}


def test_it_passes_with_a_stage_for_each_step_in_processes_of_their_own(
    bigquery: BigQueryWriteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flex_template.pipeline.each", lambda step: Apart(each(step)))
    monkeypatch.setattr(f"{__name__}.sinks", lambda options: Sinks(*map(Apart, sinks_of(options))))
    payloads = [orjson.dumps(EVENT)] * 60 + [b"{", orjson.dumps(EVENT | {"confidence": 2})]
    messages = list(map(serialize, numbered(payloads)))
    options = ("--direct_running_mode=multi_processing", "--direct_num_workers=1")
    apart = pipeline(messages, *options)
    _, stages = FnApiRunner().create_stages(apart.to_runner_api())
    assert len(stages) > len(STEPS)
    apart.run().wait_until_finish()
    assert len(bigquery.rows["events"]) == 60
    assert {row["message_id"] for row in bigquery.rows["dead_letters"]} == {"60", "61"}
