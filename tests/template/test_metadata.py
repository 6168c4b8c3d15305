"""metadata.json says what the command line says, option by option."""

import argparse
import json
import re
from typing import Any

import pytest
from google.cloud.dataflow_v1beta3 import ParameterType, TemplateMetadata

from flex_template.command_line import PATTERNS
from flex_template.options import parser
from tests.template.cloud import PARAMETERS, ROOT

METADATA = json.loads((ROOT / "metadata.json").read_text())
DECLARED = {parameter["name"]: parameter for parameter in METADATA["parameters"]}
OPTIONS = {action.dest: action for action in parser({})._actions if action.dest != "help"}
# Optional on a command line that has the environment's defaults; a template has none.
REQUIRED = {"events_table", "dead_letter_table"}
REGEXES = {
    "input_subscription": PATTERNS["input_subscription"],
    "input_topic": PATTERNS["input_topic"],
    "events_table": PATTERNS["table"],
    "dead_letter_table": PATTERNS["table"],
}
each_option = pytest.mark.parametrize("name", OPTIONS)


def test_the_metadata_declares_the_options_in_the_same_order() -> None:
    assert list(DECLARED) == list(OPTIONS)


@each_option
def test_a_parameter_has_the_help_of_its_option(name: str) -> None:
    assert DECLARED[name]["helpText"] == OPTIONS[name].help


@each_option
def test_only_what_every_job_needs_is_required(name: str) -> None:
    assert DECLARED[name]["isOptional"] == (name not in REQUIRED)


@each_option
def test_a_parameter_has_the_default_of_its_option(name: str) -> None:
    assert DECLARED[name].get("defaultValue") == _as_text(OPTIONS[name])


def _as_text(option: argparse.Action) -> str | None:
    match option.default:
        case bool() as flag:
            return str(flag).lower()
        case float() as number:
            return f"{number:g}"
        case other:
            return other  # type: ignore[no-any-return]


@each_option
def test_a_parameter_offers_the_choices_of_its_option(name: str) -> None:
    offered = [choice["value"] for choice in DECLARED[name].get("enumOptions", [])]
    assert offered == list(OPTIONS[name].choices or [])


@each_option
def test_a_parameter_is_checked_by_the_pattern_of_its_option(name: str) -> None:
    assert DECLARED[name].get("regexes", []) == ([REGEXES[name]] if name in REGEXES else [])


@pytest.mark.parametrize("pattern", PATTERNS.values())
def test_patterns_mean_the_same_in_python_java_javascript_and_re2(pattern: str) -> None:
    """No look-around, back-reference, named or atomic group, and no class that Unicode widens."""
    assert not re.search(r"\(\?[^:]|\\[1-9wdsbB]|[+*}]\+", pattern)
    assert pattern[0] == "^"
    assert pattern[-1] == "$"


@pytest.mark.parametrize(("name", "value"), PARAMETERS.items())
def test_the_documented_values_match_their_patterns(name: str, value: str) -> None:
    assert re.search(REGEXES[name], value)
    assert not re.search(REGEXES[name], value.replace("my-project", "My Project"))


def test_googles_client_knows_every_key_and_type() -> None:
    TemplateMetadata.from_json(json.dumps(METADATA), ignore_unknown_fields=False)
    types: set[str] = {parameter["paramType"] for parameter in DECLARED.values()}
    assert types <= set(ParameterType.__members__)


def test_the_template_streams_at_least_once_unless_told_otherwise() -> None:
    keys = ("streaming", "supportsAtLeastOnce", "supportsExactlyOnce", "defaultStreamingMode")
    assert [METADATA[key] for key in keys] == [True, True, True, "AT_LEAST_ONCE"]


def test_the_documented_table_of_parameters_is_the_metadata() -> None:
    document = (ROOT / "docs/flex-template.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", document, re.MULTILINE)
    assert rows == [_row(parameter) for parameter in DECLARED.values()]


def _row(parameter: dict[str, Any]) -> tuple[str, str, str, str]:
    needed = "optional" if parameter["isOptional"] else "required"
    default = f"`{parameter['defaultValue']}`" if "defaultValue" in parameter else ""
    return parameter["name"], needed, default, parameter["helpText"]
