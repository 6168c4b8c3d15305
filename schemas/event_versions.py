"""The versions of the event schema: one file each, checked when they are first used.

Adding `event.vN.schema.json` is all that a new version takes: what is accepted, the columns, the
rows and the documents that repeat them follow from these files.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import jsonschema_rs

_FILE = re.compile(r"event\.v(?P<number>[1-9][0-9]{0,3})\.schema\.json")
_PACKAGE = files("schemas")
# The JSON type whose values a column of BigQuery's type holds.
_JSON_TYPES = {
    "STRING": {"string"},
    "TIMESTAMP": {"string"},
    "INTEGER": {"integer"},
    "FLOAT": {"number", "integer"},
    "BOOLEAN": {"boolean"},
    "JSON": {"object", "array"},
}

JsonSchema = dict[str, Any]


class SchemaFileError(ValueError):
    """A version file cannot be used; the message is one line that names file, place and fault."""


@dataclass(frozen=True, eq=False)
class Version:
    """One version of the event schema: the file `event.v<number>.schema.json`."""

    number: int
    schema: JsonSchema

    @property
    def properties(self) -> Mapping[str, JsonSchema]:
        properties: Mapping[str, JsonSchema] = self.schema["properties"]
        return properties

    @cached_property
    def required(self) -> frozenset[str]:
        return frozenset(self.schema["required"])

    def types(self, name: str) -> set[str]:
        """The JSON types of a property, "null" aside."""
        types = self.properties[name]["type"]
        return {types} if isinstance(types, str) else {*types} - {"null"}

    def column_type(self, name: str) -> str:
        """BigQuery's type of the column that stores a property."""
        column_type: str = self.properties[name]["x-column"]["type"]
        return column_type


@cache
def versions() -> Mapping[int, Version]:
    """The accepted versions by number, from 1 without a gap.

    Raises:
        SchemaFileError: a file of the package is at fault.
    """
    return load(_PACKAGE)


def load(folder: Traversable) -> dict[int, Version]:
    """Read and check every `event.v<number>.schema.json` of `folder`.

    Raises:
        SchemaFileError: a file is not in our dialect of JSON Schema, a number is skipped, or two
            versions store a property differently.
    """
    found = {
        int(match["number"]): path
        for path in folder.iterdir()
        if (match := _FILE.fullmatch(path.name))
    }
    for number in range(1, max(found, default=1) + 1):
        if number not in found:
            raise SchemaFileError(f"event.v{number}.schema.json is missing: numbers have no gaps")
    loaded = {number: Version(number, _read(found[number])) for number in sorted(found)}
    introduced: dict[str, Version] = {}
    for version in loaded.values():
        for name in version.properties:
            introduced.setdefault(name, version)
        for fault in (
            *_faults(version),
            *_changed_columns(version, introduced),
            *_privacy_faults(version),
        ):
            raise SchemaFileError(f"event.v{version.number}.schema.json: {fault}")
    return loaded


def _read(path: Traversable) -> JsonSchema:
    """A file's schema, valid by itself."""
    try:
        schema: JsonSchema = json.loads(path.read_bytes())
        _dialect().validate(schema)
        jsonschema_rs.Draft202012Validator(schema)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise SchemaFileError(f"{path.name}: {_in_words(error)}") from None
    return schema


@cache
def _dialect() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        json.loads(_PACKAGE.joinpath("dialect.schema.json").read_bytes())
    )


def _in_words(error: Exception) -> str:
    if not isinstance(error, jsonschema_rs.ValidationError):
        return f"not a JSON document: {error}"
    place = "".join(f"/{part}" for part in error.instance_path)
    if error.kind.name == "additionalProperties":
        names = ", ".join(error.kind.value)
        return f"{place}: unknown keyword or annotation {names}"
    return f"{place}: {error.message}"


def _faults(version: Version) -> Iterator[str]:
    """What JSON Schema cannot say of a version."""
    if version.properties["schema_version"].get("const") != version.number:
        yield f"/properties/schema_version: const must be {version.number}"
    # An event without a version is of the first: elsewhere the schemas would overlap.
    if version.number > 1 and "schema_version" not in version.required:
        yield "/required: schema_version must be among them"
    for name in sorted(version.required - version.properties.keys()):
        yield f"/required: {name} is not a property"
    for name in version.properties:
        column, types = version.column_type(name), version.types(name)
        if not types <= _JSON_TYPES[column]:
            yield f"/properties/{name}: {column} columns cannot hold {', '.join(sorted(types))}"
        if column == "TIMESTAMP" and name != "timestamp":
            yield f"/properties/{name}: only timestamp is stored as a TIMESTAMP"


def _privacy_faults(version: Version) -> Iterator[str]:
    """Actions whose result the version itself, and so the pipeline, would refuse."""
    for name, schema in version.properties.items():
        action, _, length = schema["x-privacy"]["action"].partition(":")
        place = f"/properties/{name}/x-privacy/action: {action}"
        if action not in ("keep", "drop") and version.types(name) != {"string"}:
            yield f"{place} is for a string"
        elif action == "drop" and name in version.required:
            yield f"{place} is not for a required field"
        elif action == "pseudonymise" and not _accepts(version, name, "0" * 64):
            yield f"{place} makes 64 hexadecimal digits, which the field does not accept"
        elif action in ("truncate", "origin_only") and _has_form(version, name, int(length or 1)):
            yield f"{place} may make what the field does not accept"


def _accepts(version: Version, name: str, value: str) -> bool:
    alone = {**version.properties[name], "$defs": version.schema["$defs"]}
    return jsonschema_rs.Draft202012Validator(alone).is_valid(value)


def _has_form(version: Version, name: str, length: int) -> bool:
    """Whether the field accepts not just any text of some length."""
    schema = version.properties[name]
    return bool({"pattern", "$ref"} & schema.keys()) or schema.get("minLength", 0) > length


def _changed_columns(version: Version, introduced: Mapping[str, Version]) -> Iterator[str]:
    """Columns to which an earlier version has given another type."""
    for name in version.properties:
        column, earlier = version.column_type(name), introduced[name].column_type(name)
        if column != earlier:
            since = introduced[name].number
            yield f"/properties/{name}: the column is {earlier} since version {since}, not {column}"
