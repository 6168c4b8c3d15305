"""Every named example gets its verdict over HTTP, with the codes that the pipeline gives it."""

import httpx
import pytest

from schemas import ErrorCode, Stage, stage_of
from tests.golden.examples import Example, load
from tests.ingest_function.conftest import StartEdge

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def edge(start_edge: StartEdge) -> httpx.Client:
    return start_edge(MAX_EVENT_AGE_DAYS="36500")


def verdict(edge: httpx.Client, example: Example) -> tuple[str, ...]:
    """The example's codes as the edge tells them.

    One that is JSON goes in an array: an example that is an array would be taken for a batch.
    """
    is_json = not any(stage_of(ErrorCode(code)) is not Stage.VALIDATE for code in example.codes)
    body = b"[" + example.data + b"]" if is_json else example.data
    answer = edge.post("/v1/events", content=body, headers=JSON)
    document = answer.json()
    if answer.status_code == 202:
        return ()
    if document["code"] != "no_valid_events":
        return (document["code"],)
    [rejected] = document["rejected"]
    return tuple(error["code"] for error in rejected["errors"])


def test_every_example_gets_its_verdict_and_codes(edge: httpx.Client) -> None:
    examples = load()
    assert len(examples) > 40
    wrong = {
        example.reason: (found, example.codes)
        for example in examples
        if (found := verdict(edge, example)) != example.codes
    }
    assert wrong == {}
