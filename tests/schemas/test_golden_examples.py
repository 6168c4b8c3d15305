"""Every example gets the verdict in its name, and a failing one exactly the codes written down."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas import ErrorCode, InvalidEvent, Limits, Stage, parse, stage_of, validate, versions
from tests.golden.examples import Example, load

NOW = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()) * 1_000_000
EXAMPLES = load()


def codes_of(data: bytes) -> tuple[str, ...]:
    try:
        validate(parse(data), now=NOW, limits=Limits.of_days(36_500))
    except InvalidEvent as refusal:
        return tuple(error.code for error in refusal.errors)
    return ()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.reason)
def test_an_example_gets_its_verdict_and_codes(example: Example) -> None:
    assert codes_of(example.data) == example.codes


def test_every_code_found_before_conversion_has_an_example() -> None:
    findable = {code for code in ErrorCode if stage_of(code) not in (Stage.CONVERT, Stage.APPEND)}
    assert findable == {code for example in EXAMPLES for code in example.codes}


def test_every_field_is_in_an_example_that_passes() -> None:
    passing = [parse(example.data) for example in EXAMPLES if not example.codes]
    shown = {name for event in passing if isinstance(event, dict) for name in event}
    assert versions()[max(versions())].properties.keys() <= shown


def test_every_code_belongs_to_the_stage_that_finds_it() -> None:
    assert {code.value: stage_of(code).value for code in ErrorCode} == {
        "empty_payload": "decode",
        "not_utf8": "decode",
        "malformed_json": "parse",
        "too_many_values": "parse",
        "wrong_type": "validate",
        "missing_field": "validate",
        "unknown_field": "validate",
        "unknown_schema_version": "validate",
        "wrong_format": "validate",
        "wrong_length": "validate",
        "out_of_range": "validate",
        "nul_character": "validate",
        "timestamp_too_old": "validate",
        "timestamp_in_future": "validate",
        "details_too_large": "validate",
        "details_too_deep": "validate",
        "document_too_deep": "validate",
        "invalid_attribute": "convert",
        "row_refused": "append",
        "internal_error": "convert",
    }


def folder_with(path: Path, expected: str, *names: str) -> Path:
    path.joinpath("expected.json").write_text(expected)
    for name in names:
        path.joinpath(name).write_bytes(b"{}")
    return path


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        ("{}", ["minimal.json"]),
        ("{}", ["minimal.passes.json"]),
        ("{}", ["Minimal.pass.json"]),
        ("{}", ["late.fail.json"]),
        ('{"late": ["timestamp_too_old"]}', []),
        ('{"late": ["timestamp_too_old"]}', ["late.pass.json"]),
        ('{"late": ["timestamp_too_old"]}', ["late.pass.json", "late.fail.json"]),
    ],
)
def test_a_misnamed_or_unlisted_example_is_an_error(
    tmp_path: Path, expected: str, names: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"is not named|not one file per reason"):
        load(folder_with(tmp_path, expected, *names))
