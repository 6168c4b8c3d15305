"""A schema version as a struct for msgspec and as checks on Arrow columns.

A version with a rule that is not known here is not taken: its events go the exact way.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from schemas import Version
from schemas.event import DETAILS_MAX_BYTES
from schemas.plain import DETAILS, TYPES, resolved, without_annotations

_RULES = {"type", "pattern", "minLength", "maxLength", "minimum", "maximum"}
_STORABLE = "#/$defs/storable"
# In compact JSON: U+0000, or a number beyond the integers that JSON carries safely, or near that.
_NOT_PLAINLY_STORABLE = r"\\u0000|[:,\[]-?(?:[0-9]{16}|[0-9.]+e)"


def struct_of(version: Version) -> type | None:
    """A struct of the version's properties; None if some rule is not known here."""
    if not all(_is_known(version, name) for name in version.properties):
        return None
    fields = [_field(version, name) for name in version.properties if name != "schema_version"]
    return msgspec.defstruct(
        f"Version{version.number}",
        sorted(fields, key=len),  # those without a default first
        tag_field="schema_version",
        tag=version.number,
        forbid_unknown_fields=True,
    )


def _is_known(version: Version, name: str) -> bool:
    rules = resolved(version, name)
    if name == "schema_version":
        return True  # the struct's tag
    if name == DETAILS:
        members = rules.get("properties", {}).values()
        only_annotated = not any(map(without_annotations, members))
        plain = rules.keys() <= {"type", "$ref", "properties"} and rules.get("$ref") == _STORABLE
        return plain and only_annotated
    return (
        rules.keys() <= _RULES
        and len(version.types(name)) == 1
        and version.types(name) <= TYPES.keys()
    )


def _field(version: Version, name: str) -> tuple[Any, ...]:
    (json_type,) = version.types(name)
    read_as: Any = TYPES[json_type]
    if "null" in version.properties[name]["type"]:
        read_as = read_as | None
    # An event without an id gets one from its message, on the exact way.
    required = name in version.required or name == "event_id"
    return (name, read_as) if required else (name, read_as, None)


def checks_of(version: Version, columns: Mapping[str, pa.Array]) -> Iterator[pa.Array]:
    """What the schema says of each property beyond its type; a null passes."""
    for name in version.properties:
        for check in _checks_of_property(version, name, columns[name]):
            yield pc.fill_null(check, fill_value=True)


def _checks_of_property(version: Version, name: str, column: pa.Array) -> Iterator[pa.Array]:
    if name == DETAILS:
        yield pc.invert(pc.match_substring_regex(column, _NOT_PLAINLY_STORABLE))
        yield pc.less_equal(pc.binary_length(column), DETAILS_MAX_BYTES)
        return
    for keyword, limit in resolved(version, name).items():
        if keyword in _CHECKS:
            yield _CHECKS[keyword](column, limit)


def _matches(column: pa.Array, pattern: str) -> pa.Array:
    """RE2 spells code points in another way."""
    return pc.match_substring_regex(column, re.sub(r"\\u([0-9a-fA-F]{4})", r"\\x{\1}", pattern))


_CHECKS = {
    "pattern": _matches,
    "minLength": lambda column, limit: pc.greater_equal(pc.utf8_length(column), limit),
    "maxLength": lambda column, limit: pc.less_equal(pc.utf8_length(column), limit),
    "minimum": pc.greater_equal,
    "maximum": pc.less_equal,
}
