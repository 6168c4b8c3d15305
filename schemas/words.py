"""What messages call kinds of values and forms of text, in the client too."""

from collections.abc import Container, Iterator
from functools import cache

from schemas.event_versions import versions

# JSON's types, wanted or got; of several that are wanted, null comes last.
KINDS = {
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
FRACTION = "a fraction"
_NAMES = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    type(None): "null",
}


def any_of(types: Container[str]) -> str:
    """Some of JSON Schema's types in words, as in "a string or null"."""
    return " or ".join(words for name, words in KINDS.items() if name in types)


def kind_of(value: object) -> str:
    """The kind of a JSON value, never the value: whoever reads messages may not read events."""
    return FRACTION if isinstance(value, float) and value % 1 else KINDS[_NAMES[type(value)]]


@cache
def forms() -> dict[str, str]:
    """What the schemas' patterns ask for in words: the annotation `x-form` beside each."""
    return {pattern: form for each in versions().values() for pattern, form in _forms(each.schema)}


def _forms(node: object) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if "x-form" in node:
            yield node["pattern"], node["x-form"]
        for child in node.values():
            yield from _forms(child)
