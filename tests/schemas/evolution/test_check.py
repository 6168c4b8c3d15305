"""`python -m schemas check` tells breaking from compatible changes, with a proof of either."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from schemas.event_versions import SchemaFileError, Version, load
from schemas.evolution import compatibility
from schemas.evolution.check import check
from schemas.evolution.compatibility import incompatible_changes
from schemas.evolution.release import release
from schemas.evolution.values import values_near
from tests.schemas.evolution.changes import (
    BREAKING,
    COMPATIBLE,
    Document,
    Edit,
    both,
    field,
    next_version,
    write_with,
)
from tests.schemas.evolution.changes import required as required_field
from tests.schemas.generated import VALID_OF

ROOT = Path(__file__).parents[3]


def loaded(folder: Path, edit: Edit) -> dict[int, Version]:
    """The released versions and the edited one after them."""
    return load(write_with(folder, next_version(edit)))


def accepts(version: Version, event: Document) -> bool:
    validator = jsonschema_rs.Draft202012Validator(version.schema)
    return validator.is_valid({**event, "schema_version": version.number})


def documented(change: str, *words: str) -> bool:
    """Whether docs/schema.md has the change, with the first words that `check` has for it."""
    said = f" `{words[0]}`" if words else ""
    return f"| {change} |{said} |" in (ROOT / "docs/schema.md").read_text()


def test_ten_changes_of_each_kind_are_judged() -> None:
    assert (len(BREAKING), len(COMPATIBLE)) == (10, 10)


@pytest.mark.parametrize("name", COMPATIBLE)
def test_a_compatible_change_is_proved_in_the_documented_words(tmp_path: Path, name: str) -> None:
    report, releasable = check(write_with(tmp_path, next_version(COMPATIBLE[name])))
    assert releasable, report
    _verdict, *columns = report.splitlines()
    assert documented(name, *map(str.strip, columns))


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_has_an_event_that_only_one_version_accepts(
    tmp_path: Path, name: str
) -> None:
    versions = loaded(tmp_path, BREAKING[name])
    changes = incompatible_changes(versions)
    first = min(changes, key=lambda change: change.path)
    assert documented(name, f"{first.path} {first.rule}")
    for change in changes:
        assert change.example is not None
        *_, old, new = versions.values()
        accepting = [each.number for each in (old, new) if accepts(each, change.example)]
        assert accepting == [change.accepted_by]


def test_a_change_that_can_be_neither_proved_nor_refuted_is_refused(tmp_path: Path) -> None:
    longer = field("flag_type", **{"$ref": None}, pattern="^[a-z][a-z0-9_]{0,127}$")
    [change] = incompatible_changes(loaded(tmp_path, longer))
    assert change.example is None
    assert change.path == "/flag_type"
    assert change.rule.startswith("has changed in a way that can be neither proved compatible nor")


_lengths = st.sampled_from([None, 0, 1, 2, 128, 200])
_limits = st.sampled_from([None, 0, 0.25, 1, 2])
_patterns = st.sampled_from([None, "^a$", "^[a-z]{1,3}$", "^[a-z]*$"])
_rules = st.fixed_dictionaries(
    {
        "user_id": st.fixed_dictionaries(
            {}, optional={"minLength": _lengths, "maxLength": _lengths, "pattern": _patterns}
        ),
        "confidence": st.fixed_dictionaries({}, optional={"minimum": _limits, "maximum": _limits}),
        "flag_type": st.sampled_from([{}, {"type": "string"}, {"$ref": None}]),
    }
)


@pytest.fixture(scope="module")
def without_examples() -> Iterator[None]:
    """The verdict rests on the proof alone: a search for examples would take minutes here."""
    with (
        patch.object(compatibility, "accepted_then_refused", lambda *_: None),
        patch.object(compatibility, "smallest_event", lambda _: {}),
    ):
        yield


@pytest.mark.usefixtures("without_examples")
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(rules=_rules, required=st.sampled_from([[], ["session_id"]]), data=st.data())
def test_what_is_called_compatible_takes_every_event_of_the_version_before(
    tmp_path_factory: pytest.TempPathFactory,
    rules: dict[str, Document],
    required: list[str],
    data: st.DataObject,
) -> None:
    edits = [field(name, **keywords) for name, keywords in rules.items()]
    edit = both(*edits, *map(required_field, required))
    try:
        versions = loaded(tmp_path_factory.mktemp("versions"), edit)
    except SchemaFileError:
        reject()  # what does not load is called compatible by nobody
    *_, old, new = versions.values()
    compatible = not incompatible_changes(versions)
    for name in rules:
        for value in data.draw(st.lists(values_near(name, old, new), max_size=20)):
            event = {**VALID_OF[old.number], name: value}
            if compatible and accepts(old, event):
                assert accepts(new, event)


def command(folder: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "schemas", "check", f"--folder={folder}"]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_released_versions_pass() -> None:
    report, releasable = check(ROOT / "schemas")
    newest = max(load(ROOT / "schemas"))
    assert report.startswith(f"event.v{newest}.schema.json: compatible with version {newest - 1}")
    assert releasable


def test_the_command_names_field_rule_and_counterexample(tmp_path: Path) -> None:
    ended = command(write_with(tmp_path, next_version(BREAKING["refuse null"])))
    assert (ended.returncode, ended.stderr) == (1, "")
    verdict, change, verdicts, example = ended.stdout.splitlines()
    assert verdict == "event.v3.schema.json: not compatible with version 2"
    assert change == "  /flag_type must be a string, got null"
    assert verdicts == "    version 2 accepts, version 3 refuses:"
    assert json.loads(example)["flag_type"] is None


def test_the_command_names_the_new_column(tmp_path: Path) -> None:
    ended = command(write_with(tmp_path, next_version(COMPATIBLE["add an optional number"])))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[1:] == ["  new column: score FLOAT"]


def test_a_column_that_changes_its_type_is_one_line(tmp_path: Path) -> None:
    as_json = {"type": "object", "x-column": {"type": "JSON", "description": "Other."}}
    ended = command(write_with(tmp_path, next_version(field("flag_type", **as_json))))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "event.v3.schema.json: /properties/flag_type: "
        "the column is STRING since version 1, not JSON\n"
    )


def test_a_released_file_may_be_neither_edited_nor_removed(tmp_path: Path) -> None:
    folder = write_with(tmp_path, next_version(COMPATIBLE["change nothing"]))
    assert release(folder, load(folder)) == [f"event.v{n}.schema.json" for n in (1, 2, 3)]
    assert release(folder, load(folder)) == []
    assert check(folder)[1]
    edited = folder / "event.v2.schema.json"
    edited.write_text(edited.read_text().replace("One sitting", "A sitting"))
    folder.joinpath("event.v3.schema.json").unlink()
    report, releasable = check(folder)
    assert report.splitlines()[:2] == [
        "event.v2.schema.json was edited after its release: put it back, and add a version instead",
        "event.v3.schema.json was released, and is missing: put it back",
    ]
    assert not releasable
