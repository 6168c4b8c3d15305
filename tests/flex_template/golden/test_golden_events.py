"""The named examples through the pipeline: the verdict and the codes that the edge gives."""

import json

import pytest

from flex_template.steps import parse_message, validate_document
from local.bigquery.write_server import BigQueryWriteServer
from schemas import InvalidEvent, parse, validate
from tests.flex_template.runs import LIMITS, PUBLISHED, message, run
from tests.golden.examples import load

EXAMPLES = {example.reason: example for example in load()}


@pytest.fixture
def outcome(bigquery: BigQueryWriteServer) -> BigQueryWriteServer:
    """All examples in one run, each with its reason as message id."""
    run([message(example.data, message_id=reason) for reason, example in EXAMPLES.items()])
    return bigquery


def test_each_example_becomes_a_row_or_a_dead_letter_with_its_codes_and_bytes(
    outcome: BigQueryWriteServer,
) -> None:
    letters = {
        row["message_id"]: ([error["code"] for error in json.loads(row["errors"])], row["payload"])
        for row in outcome.rows["dead_letters"]
    }
    failing = {name: example for name, example in EXAMPLES.items() if example.codes}
    assert len(EXAMPLES) > 100
    assert letters == {
        name: (list(example.codes), example.data) for name, example in failing.items()
    }
    stored = sorted(row["message_id"] for row in outcome.rows["events"])
    assert stored == sorted(EXAMPLES.keys() - failing.keys())
    assert len(outcome.rows["dead_letters"]) == len(failing)


@pytest.mark.parametrize("reason", [reason for reason in EXAMPLES if EXAMPLES[reason].codes])
def test_the_pipeline_gives_the_errors_that_the_edge_gives(reason: str) -> None:
    data = EXAMPLES[reason].data
    with pytest.raises(InvalidEvent) as at_the_edge:
        validate(parse(data), now=PUBLISHED, limits=LIMITS)
    with pytest.raises(InvalidEvent) as in_the_pipeline:
        validate_document(message(data), parse_message(message(data), data), LIMITS)
    assert in_the_pipeline.value.errors == at_the_edge.value.errors
