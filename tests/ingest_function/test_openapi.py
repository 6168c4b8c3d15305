"""The OpenAPI document tells the truth: schemathesis fuzzes the started edge from it."""

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ingest_function.http.problem import ProblemCode
from schemas import ErrorCode, Stage, stage_of
from tests.ingest_function.conftest import StartEdge
from tests.schemas.generated import json_values

PATH = Path("schemas/openapi.yaml")

# Whether data is accepted depends on the clock and, in an array, on each event for itself:
# the checks that expect every valid body to pass and every invalid one to fail do not apply.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

# Its requests are generated in the worker that runs the test, not in each that collects it.
operations = schemathesis.pytest.from_fixture("api")


@pytest.fixture
def api() -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_path(PATH)


@pytest.fixture
def edge(start_edge: StartEdge) -> httpx.Client:
    """An edge that takes generated timestamps of any century that has passed."""
    return start_edge(MAX_EVENT_AGE_DAYS="800000")


def fuzz(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@fuzz(150)
@operations.parametrize()
def test_every_fuzzed_request_gets_a_documented_answer(
    case: schemathesis.Case[Any], edge: httpx.Client
) -> None:
    case.call_and_validate(base_url=str(edge.base_url), checks=CHECKS)


@given(body=st.binary() | json_values.map(orjson.dumps), encoding=st.sampled_from(["", "gzip"]))
@fuzz(200)
def test_any_bytes_get_a_documented_answer(
    api: schemathesis.BaseSchema, edge: httpx.Client, body: bytes, encoding: str
) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding or "identity"}
    response = edge.post("/v1/events", content=body, headers=headers)
    api["/v1/events"]["POST"].Case().validate_response(response, checks=CHECKS)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(PATH.read_text())["components"]["schemas"][name]
    return found


def test_every_problem_code_is_documented() -> None:
    documented = schema("Problem")["properties"]["code"]["enum"]
    parsing = [code for code in ErrorCode if stage_of(code) in (Stage.DECODE, Stage.PARSE)]
    own = set(ProblemCode) - {ProblemCode.NO_VALID_EVENTS}
    assert sorted(documented) == sorted([*own, *parsing])


def test_every_code_of_an_event_is_documented() -> None:
    documented = schema("EventError")["properties"]["code"]["enum"]
    shared = [code for code in ErrorCode if stage_of(code) is Stage.VALIDATE]
    assert documented == [*shared, ProblemCode.SUBJECT_MISMATCH]
