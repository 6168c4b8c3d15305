"""A quick yes for what is plainly an event, in a fraction of the JSON Schema validator's time.

It only ever accepts. A version's types and bounds become a msgspec struct, its patterns Python's
regular expressions. What gets no yes, or has a rule that is not known here, is left to the
validator, which alone refuses and explains.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import orjson

from schemas.event_versions import JsonSchema, Version, versions

DETAILS = "event_details"
# Deeper details, which are allowed, wait: each level more doubles the time to build the struct.
PLAIN_DEPTH = 6
# What msgspec reads each of JSON's types into.
TYPES = {"string": str, "integer": int, "number": float, "boolean": bool, "object": dict[str, Any]}
_BOUNDS = {"minLength": "min_length", "maxLength": "max_length", "minimum": "ge", "maximum": "le"}
_RULES = {"type", "pattern", *_BOUNDS}
# What Python and ECMA 262 read alike, but for the end, which Python's `$` also finds before "\n".
_PORTABLE = re.compile(r"\^(?:[^\\$]|\\u[0-9a-fA-F]{4}|\\\.)*\$")
_STORABLE = {"$ref": "#/$defs/storable"}
_NO_NUL = r"^[^\u0000]*$"
_NUL = rb"\u0000"  # as orjson writes it
_BACKSLASH = ord("\\")  # a tenth of the search for six characters


class NotPlain(msgspec.ValidationError):
    """The document may be an event or not; msgspec's own errors mean the same here."""


class Form(NamedTuple):
    """A struct with a version's types and bounds, and what matches the texts of its properties."""

    number: int
    struct: type
    patterns: Sequence[tuple[str, Callable[[str], object]]]


def plain_details(number: int, document: object) -> bytes | None:
    """The encoded `event_details`, if there are any, of a document plainly valid under a version.

    Raises:
        msgspec.ValidationError: it may be valid all the same.
    """
    form = forms().get(number)
    if form is None:
        raise NotPlain
    event: Any = msgspec.convert(document, form.struct)
    for name, match in form.patterns:
        text = getattr(event, name)
        if text is not None and match(text) is None:
            raise NotPlain
    details = getattr(event, DETAILS)
    return None if details is None else encoded_details(details)


def encoded_details(details: dict[str, Any]) -> bytes:
    """What a struct holds of `event_details`, as JSON.

    Raises:
        NotPlain: it may hold the character U+0000.
    """
    encoded = orjson.dumps(details)
    if may_hold_nul(encoded):
        raise NotPlain
    return encoded


def may_hold_nul(encoded: bytes) -> bool:
    """Whether U+0000 may be in JSON of orjson's; a text of the six characters looks the same."""
    return _BACKSLASH in encoded and _NUL in encoded


@cache
def forms() -> Mapping[int, Form]:
    """Of the versions whose rules are all known here."""
    return {
        number: _form(version)
        for number, version in versions().items()
        if all(is_known(version, name) for name in version.properties)
    }


def _form(version: Version) -> Form:
    patterns = [
        (name, re.compile(rules["pattern"][:-1] + r"\Z", re.ASCII).match)
        for name in version.properties
        if "pattern" in (rules := resolved(version, name))
    ]
    return Form(version.number, _struct(version, version.properties), patterns)


def is_known(version: Version, name: str) -> bool:
    """Whether all rules of a property are among those that a struct and patterns can hold."""
    rules = resolved(version, name)
    if name == "schema_version":
        return rules == {"type": "integer", "const": version.number}
    if name == DETAILS:
        members = rules.pop("properties", {}).values()
        only_annotated = not any(map(without_annotations, members))
        is_storable = rules == {"type": ["object", "null"], **_STORABLE}
        return only_annotated and is_storable and _is_storable(version.schema["$defs"]["storable"])
    types = version.types(name)
    pattern = rules.get("pattern")
    return (
        rules.keys() <= _RULES
        and len(types) == 1
        and types <= TYPES.keys() - {"object"}
        and (pattern is None or _PORTABLE.fullmatch(pattern) is not None)
    )


def resolved(version: Version, name: str) -> JsonSchema:
    """The rules of a property, with those that it refers to, but for its details' members.

    Where both have a rule of one kind, which both hold, the reference stays.
    """
    own = without_annotations(version.properties[name])
    if name == DETAILS or "$ref" not in own:
        return own
    reference = own["$ref"].removeprefix("#/$defs/")
    referred = without_annotations(version.schema["$defs"][reference])
    if referred.keys() & own.keys():
        return own
    del own["$ref"]
    return referred | own


def without_annotations(rules: JsonSchema) -> JsonSchema:
    return {
        name: rule
        for name, rule in rules.items()
        if name != "description" and not name.startswith("x-")
    }


def _is_storable(rules: JsonSchema) -> bool:
    """Whether they are those of `_storable_type`, whatever the bounds of its numbers."""
    bounds = {name: rules.get(name) for name in ("minimum", "maximum")}
    return without_annotations(rules) == {
        **bounds,
        "pattern": _NO_NUL,
        "propertyNames": {"pattern": _NO_NUL},
        "items": _STORABLE,
        "additionalProperties": _STORABLE,
    }


def tagged_struct(version: Version) -> type:
    """The struct of a version's form, which a union tells from others by `schema_version`."""
    names = [name for name in version.properties if name != "schema_version"]
    return _struct(version, names, tag_field="schema_version", tag=version.number)


def _struct(version: Version, names: Iterable[str], **tag: Any) -> type:
    fields = [_field(version, name) for name in names]
    return msgspec.defstruct(
        f"Version{version.number}",
        sorted(fields, key=len),  # those without a default first
        **tag,
        forbid_unknown_fields=True,
    )


def _field(version: Version, name: str) -> tuple[Any, ...]:
    read_as = _read_as(version, name)
    if "null" in version.properties[name]["type"]:
        read_as = read_as | None
    return (name, read_as) if name in version.required else (name, read_as, None)


def _read_as(version: Version, name: str) -> Any:
    if name == "schema_version":
        return Literal[version.number]
    if name == DETAILS:
        return _storable_type(version)
    (json_type,) = version.types(name)
    rules = resolved(version, name)
    bounds = {meta: rules[keyword] for keyword, meta in _BOUNDS.items() if keyword in rules}
    return Annotated[TYPES[json_type], msgspec.Meta(**bounds)] if bounds else TYPES[json_type]


def _storable_type(version: Version) -> Any:
    """An object of JSON values with bounded numbers, as deep as details usually are."""
    rules = version.schema["$defs"]["storable"]
    bounds = msgspec.Meta(ge=rules["minimum"], le=rules["maximum"])
    scalar = Annotated[int, bounds] | Annotated[float, bounds] | str | bool | None
    value: Any = scalar
    for _ in range(PLAIN_DEPTH - 1):
        value = scalar | list[value] | dict[str, value]
    return dict[str, value]
