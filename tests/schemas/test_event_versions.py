"""The version files are checked when they are loaded; each fault is one line that leads to it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from schemas.event_versions import SchemaFileError, load, versions
from tests.machine import ROOT

Document = dict[str, Any]


def first_version() -> Document:
    text = files("schemas").joinpath("event.v1.schema.json").read_text()
    return json.loads(text)  # type: ignore[no-any-return]


def second_version() -> Document:
    """The first version under the next number."""
    document = first_version()
    document["properties"]["schema_version"]["const"] = 2
    document["required"].append("schema_version")
    return document


def write(folder: Path, *documents: Document) -> Path:
    for number, document in enumerate(documents, 1):
        folder.joinpath(f"event.v{number}.schema.json").write_text(json.dumps(document))
    return folder


def fault_of(folder: Path) -> str:
    with pytest.raises(SchemaFileError) as error:
        load(folder)
    return str(error.value)


def test_every_released_version_is_accepted() -> None:
    assert list(versions()) == list(range(1, len(versions()) + 1))


def test_a_second_file_is_a_second_version(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, first_version(), second_version()))
    assert list(loaded) == [1, 2]


def test_a_number_may_not_be_skipped(tmp_path: Path) -> None:
    write(tmp_path, first_version(), second_version())
    tmp_path.joinpath("event.v2.schema.json").rename(tmp_path / "event.v3.schema.json")
    assert fault_of(tmp_path) == "event.v2.schema.json is missing: numbers have no gaps"


def test_an_empty_folder_holds_no_version(tmp_path: Path) -> None:
    assert fault_of(tmp_path) == "event.v1.schema.json is missing: numbers have no gaps"


@pytest.mark.parametrize(
    ("data", "fault"),
    [(b"", "not a JSON document: "), (b"{", "not a JSON document: "), (b"\xff", "not a JSON doc")],
)
def test_a_file_must_be_json(tmp_path: Path, data: bytes, fault: str) -> None:
    tmp_path.joinpath("event.v1.schema.json").write_bytes(data)
    message = fault_of(tmp_path)
    assert message.startswith(f"event.v1.schema.json: {fault}")
    assert "\n" not in message


def with_format(document: Document) -> None:
    document["properties"]["user_id"]["format"] = "uuid"


def with_unknown_annotation(document: Document) -> None:
    document["properties"]["user_id"]["x-colour"] = "red"


def with_wrong_action(document: Document) -> None:
    document["properties"]["user_id"]["x-privacy"]["action"] = "hide"


def without_column(document: Document) -> None:
    del document["properties"]["user_id"]["x-column"]


def with_wrong_type(document: Document) -> None:
    document["properties"]["user_id"]["type"] = "text"


def with_broken_pattern(document: Document) -> None:
    document["$defs"]["slug"]["pattern"] = "^($"


def with_dangling_reference(document: Document) -> None:
    document["properties"]["flag_type"]["$ref"] = "#/$defs/nothing"


def with_unstorable_type(document: Document) -> None:
    document["properties"]["confidence"]["x-column"]["type"] = "INTEGER"


def with_second_timestamp(document: Document) -> None:
    document["properties"]["flag_type"]["x-column"]["type"] = "TIMESTAMP"


def with_unknown_requirement(document: Document) -> None:
    document["required"].append("nothing")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (with_format, "/properties/user_id: unknown keyword or annotation format"),
        (with_unknown_annotation, "/properties/user_id: unknown keyword or annotation x-colour"),
        (with_wrong_action, '/properties/user_id/x-privacy/action: "hide" does not match '),
        (without_column, '/properties/user_id: "x-column" is a required property'),
        (with_wrong_type, '/properties/user_id/type: "text" is not valid under any of '),
        (with_broken_pattern, '/$defs/slug/pattern: "^($" is not a "regex"'),
        (with_dangling_reference, ": Pointer '/$defs/nothing' does not exist"),
        (with_unstorable_type, "/properties/confidence: INTEGER columns cannot hold number"),
        (with_second_timestamp, "/properties/flag_type: only timestamp is stored as a TIMESTAMP"),
        (with_unknown_requirement, "/required: nothing is not a property"),
    ],
)
def test_a_fault_is_one_line_that_names_file_and_place(
    tmp_path: Path, change: Callable[[Document], None], fault: str
) -> None:
    document = first_version()
    change(document)
    message = fault_of(write(tmp_path, document))
    assert message.startswith(f"event.v1.schema.json: {fault}")
    assert "\n" not in message


def action(name: str, words: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document["properties"][name]["x-privacy"]["action"] = words

    return change


@pytest.mark.parametrize(
    ("name", "words", "fault"),
    [
        ("user_id", "drop", "drop is not for a required field"),
        ("confidence", "pseudonymise", "pseudonymise is for a string"),
        ("event_id", "pseudonymise", "pseudonymise makes 64 hexadecimal digits, which the field"),
        ("topic_category", "truncate:5", "truncate may make what the field does not accept"),
        ("event_id", "origin_only", "origin_only may make what the field does not accept"),
    ],
)
def test_an_action_may_not_make_an_event_that_the_pipeline_refuses(
    tmp_path: Path, name: str, words: str, fault: str
) -> None:
    document = first_version()
    action(name, words)(document)
    message = fault_of(write(tmp_path, document))
    place = f"event.v1.schema.json: /properties/{name}/x-privacy/action: "
    assert message.startswith(place + fault)


def with_number_of_the_first(document: Document) -> None:
    document["properties"]["schema_version"]["const"] = 1


def with_optional_version(document: Document) -> None:
    document["required"].remove("schema_version")


def with_other_column(document: Document) -> None:
    document["properties"]["user_id"]["x-column"]["type"] = "FLOAT"
    document["properties"]["user_id"]["type"] = "number"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (with_number_of_the_first, "/properties/schema_version: const must be 2"),
        (with_optional_version, "/required: schema_version must be among them"),
        (with_other_column, "/properties/user_id: the column is STRING since version 1, not FLOAT"),
    ],
)
def test_a_later_version_fits_the_earlier_ones(
    tmp_path: Path, change: Callable[[Document], None], fault: str
) -> None:
    document = second_version()
    change(document)
    assert fault_of(write(tmp_path, first_version(), document)) == f"event.v2.schema.json: {fault}"


@pytest.mark.parametrize(
    ("command", "speaker"),
    [
        ("ingest_function", "ingest_function: "),
        ("aegis_micro", "aegis-micro: "),
        ("schemas check", ""),
    ],
)
def test_a_file_at_fault_stops_a_program_with_one_line(
    tmp_path: Path, command: str, speaker: str
) -> None:
    for package in ("schemas", "ingest_function", "aegis_micro"):
        shutil.copytree(ROOT / package, tmp_path / package)
    faulty = first_version() | {"oneOf": []}
    (tmp_path / "schemas" / "event.v1.schema.json").write_text(json.dumps(faulty))
    settings = {"GCP_PROJECT_ID": "aegis-test", "PUB_SUB_TOPIC_ID": "events", "AUTH_MODE": "none"}
    ended = subprocess.run(
        [sys.executable, "-P", "-m", *command.split()],
        cwd=tmp_path,
        env={**os.environ, **settings, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"{speaker}event.v1.schema.json: : unknown keyword or annotation oneOf\n"
    )
