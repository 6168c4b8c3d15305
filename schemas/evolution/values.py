"""Values near the borders that a property's schema draws, on both sides of each."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

from hypothesis import strategies as st

from schemas.event_versions import JsonSchema, Version

Values: TypeAlias = st.SearchStrategy[Any]

_SMALL = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.5, "", "a", [], {}, [0]])
)


def values_near(name: str, *versions: Version) -> Values:
    """Candidates for a property of the event, by the landmarks that any of the versions sets."""
    found = [
        (version.properties[name], version.schema["$defs"])
        for version in versions
        if name in version.properties
    ]
    rules = [rule for schema, definitions in found for rule in _rules(schema, definitions)]
    return _near(rules)


def _rules(schema: JsonSchema, definitions: JsonSchema) -> Iterator[JsonSchema]:
    """A schema, and what it refers to; a recursive one is followed once."""
    yield {**schema, "$defs": definitions}
    if "$ref" in schema:
        yield definitions[schema["$ref"].removeprefix("#/$defs/")]


def _near(rules: list[JsonSchema]) -> Values:
    return reduce(or_, [_SMALL, *_texts(rules), *_numbers(rules), *_objects(rules)])


def _all_of(rules: Iterable[JsonSchema], *keywords: str) -> list[Any]:
    return [rule[keyword] for rule in rules for keyword in keywords if keyword in rule]


def _texts(rules: list[JsonSchema]) -> Iterator[Values]:
    lengths = st.sampled_from([0, 1, *_all_of(rules, "minLength", "maxLength")])
    near = st.builds(lambda length, off: max(0, length + off), lengths, st.integers(-1, 1))
    yield near.map(lambda length: "a" * length)
    for pattern in _all_of(rules, "pattern"):
        # The dialect has every pattern begin with ^ and end with $.
        matching = st.from_regex(f"(?:{pattern[1:-1]})", fullmatch=True)
        yield matching
        yield st.builds(lambda text, more: text + text[-1:] * more, matching, st.integers(0, 300))


def _numbers(rules: list[JsonSchema]) -> Iterator[Values]:
    limits = st.sampled_from([0, *_all_of(rules, "minimum", "maximum", "const")])
    yield st.builds(lambda limit, off: limit + off, limits, st.sampled_from([-1, -0.5, 0, 0.5, 1]))


def _objects(rules: list[JsonSchema]) -> Iterator[Values]:
    members: dict[str, list[JsonSchema]] = {}
    for rule in rules:
        for name, schema in rule.get("properties", {}).items():
            members.setdefault(name, []).extend(_rules(schema, rule["$defs"]))
    if members:
        optional = {name: _near(schemas) for name, schemas in members.items()}
        yield st.fixed_dictionaries({}, optional=optional)
    for inner in _all_of(rules, "items"):
        yield st.lists(_near([inner]) if "$ref" not in inner else _SMALL, max_size=2)
