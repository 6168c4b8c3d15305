"""The fast validator gives the verdict of the reference implementation, by way of our functions."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given

from schemas import Version, versions
from schemas.violations import validator_for, violations
from tests.schemas.generated import events, json_values


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


REFERENCES = {
    number: jsonschema.Draft202012Validator(anchored(version.schema))
    for number, version in versions().items()
}


@pytest.mark.parametrize("number", REFERENCES)
@given(document=events() | json_values)
def test_the_two_validators_agree(number: int, document: object) -> None:
    expected = REFERENCES[number].is_valid(document)
    assert validator_for(number).is_valid(document) == expected
    assert (violations(number, document) == []) == expected


@pytest.mark.parametrize("number", REFERENCES)
@given(document=events())
def test_a_violation_names_a_place_that_the_reference_refuses(
    number: int, document: dict[str, Any]
) -> None:
    errors = REFERENCES[number].iter_errors(document)
    refused = {place for error in errors for place in places(error, versions()[number])}
    assert {error.path.split("/")[1] for error in violations(number, document)} <= refused


def places(error: jsonschema.ValidationError, version: Version) -> list[str]:
    """The top-level fields an error is about."""
    if error.path:
        return [str(error.path[0])]
    assert isinstance(error.instance, dict)
    unknown = set(error.instance) - set(version.properties)
    return [*unknown, *(name for name in version.required if name not in error.instance)]


@pytest.mark.parametrize("version", versions().values(), ids=lambda version: version.number)
def test_the_schema_is_valid_itself(version: Version) -> None:
    jsonschema.Draft202012Validator.check_schema(version.schema)


@pytest.mark.parametrize(("slug", "valid"), [("a", True), ("a\n", False), ("A", False)])
def test_the_reference_is_anchored_as_ecma_is(slug: str, valid: bool) -> None:  # noqa: FBT001
    schema = anchored(versions()[1].schema["$defs"]["slug"])
    assert jsonschema.Draft202012Validator(schema).is_valid(slug) == valid
