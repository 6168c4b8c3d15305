"""The fast validator gives the verdict of the reference implementation, by way of our functions."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from schemas import versions
from schemas.violations import validator_for, violations
from tests.schemas.generated import events, json_values


def read(version: int) -> dict[str, Any]:
    text = files("schemas").joinpath(f"event.v{version}.schema.json").read_text()
    return json.loads(text)  # type: ignore[no-any-return]


def anchored(node: Any) -> Any:
    r"""The schema with `\Z` for `$`, which in Python also matches before a newline at the end."""
    if isinstance(node, list):
        return [anchored(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: value.replace("$", r"\Z") if name == "pattern" else anchored(value)
        for name, value in node.items()
    }


REFERENCE = jsonschema.Draft202012Validator(anchored(read(1)))


@given(events() | json_values)
def test_the_two_validators_agree(document: object) -> None:
    expected = REFERENCE.is_valid(document)
    assert validator_for(1).is_valid(document) == expected
    assert (violations(1, document) == []) == expected


@given(events())
def test_a_violation_names_a_place_that_the_reference_refuses(document: dict[str, Any]) -> None:
    refused = {place for error in REFERENCE.iter_errors(document) for place in places(error)}
    assert {error.path.split("/")[1] for error in violations(1, document)} <= refused


def places(error: jsonschema.ValidationError) -> list[str]:
    """The top-level fields an error is about."""
    if error.path:
        return [str(error.path[0])]
    assert isinstance(error.instance, dict)
    unknown = set(error.instance) - set(read(1)["properties"])
    return [*unknown, *(name for name in read(1)["required"] if name not in error.instance)]


@pytest.mark.parametrize("version", versions())
def test_the_schema_is_valid_itself(version: int) -> None:
    jsonschema.Draft202012Validator.check_schema(read(version))


@pytest.mark.parametrize(("slug", "valid"), [("a", True), ("a\n", False), ("A", False)])
def test_the_reference_is_anchored_as_ecma_is(slug: str, valid: bool) -> None:  # noqa: FBT001
    schema = anchored(read(1)["$defs"]["slug"])
    assert jsonschema.Draft202012Validator(schema).is_valid(slug) == valid
