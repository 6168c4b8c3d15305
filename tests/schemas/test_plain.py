"""The quick yes is the JSON Schema validator's yes, and good events get it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from schemas import Version, versions
from schemas.depth import limit_depth
from schemas.plain import PLAIN_DEPTH, is_known, plain_details
from schemas.violations import validator_for
from tests.schemas.generated import VALID, VALID_OF, events, json_values


def is_plain(number: int, document: object) -> bool:
    try:
        plain_details(number, document)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("number", versions())
@given(document=events() | json_values)
def test_nothing_is_plain_that_the_validator_refuses(number: int, document: object) -> None:
    if is_plain(number, document):
        assert validator_for(number).is_valid(document)
        limit_depth(document)


@pytest.mark.parametrize("document", [VALID, *VALID_OF.values()])
def test_a_good_event_is_plain(document: dict[str, Any]) -> None:
    assert is_plain(document["schema_version"], document)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"event_details": nested(PLAIN_DEPTH)}, True),
        ({"event_details": nested(PLAIN_DEPTH + 1)}, False),
        ({"event_details": {"a": [2**53 - 1, -0.5]}}, True),
        ({"event_details": {"a": [2**53]}}, False),
        ({"event_details": {"a": [{"b": -1e16}]}}, False),
        ({"event_details": {"a\0": 1}}, False),
        ({"event_details": {"a": ["b\0"]}}, False),
        ({"signal_type": "page_view\n"}, False),
        ({"confidence": True}, False),
        ({"user_id": ""}, False),
        ({"unknown": 1}, False),
    ],
)
def test_what_the_schema_refuses_is_not_plain(
    fields: dict[str, Any],
    expected: bool,  # noqa: FBT001
) -> None:
    assert is_plain(1, VALID | fields) is expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"pattern": "^[a-z]+$"}, True),
        ({"pattern": r"^\w$"}, False),  # letters of all scripts in Python
        ({"pattern": "[a-z]"}, False),
        ({"enum": ["a"]}, False),
    ],
)
def test_a_rule_that_is_not_known_is_left_to_the_validator(
    rule: dict[str, Any],
    expected: bool,  # noqa: FBT001
) -> None:
    properties = {"name": {"type": "string", **rule}}
    version = Version(1, {"properties": properties, "required": [], "$defs": {}})
    assert is_known(version, "name") is expected
