"""What repeats the event schema in another form: written by `make schema`, checked by lint."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from schemas.event_versions import JsonSchema, Version, versions
from schemas.evolution.privacy_page import privacy_page
from schemas.tables import table_schema

ROOT = Path(__file__).parents[2]
_README_TABLE = re.compile(r"(?<=\n)\| field \| type \|.*?(?=\n\n)", re.DOTALL)
_OPENAPI_EVENT = re.compile(r"(?<=\n    Event:\n      oneOf:\n)(        - .*\n)+")


def generated() -> Mapping[str, Callable[[str], str]]:
    """By path from the root: what a file should be, given what it is."""
    return {
        "schemas/events.table.json": lambda _: _table_file(),
        "schemas/openapi.yaml": lambda text: _OPENAPI_EVENT.sub(_openapi_versions(), text),
        "docs/privacy.md": lambda _: privacy_page(),
        "README.md": lambda text: _README_TABLE.sub(lambda _: _readme_table(), text),
    }


def outdated() -> Iterator[tuple[Path, str]]:
    """Files that are not what they should be, each with what it should be."""
    for name, render in generated().items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if (wanted := render(text)) != text:
            yield path, wanted


def _table_file() -> str:
    fields = (json.dumps(field, ensure_ascii=False) for field in table_schema("events"))
    return "[\n  {}\n]\n".format(",\n  ".join(fields))


def _openapi_versions() -> str:
    return "".join(f"        - $ref: event.v{number}.schema.json\n" for number in versions())


def _readme_table() -> str:
    newest = versions()[max(versions())]
    head = ["| field | type | required | since version | rule |", "|---|---|---|---|---|"]
    rows = [row for name, schema in newest.properties.items() for row in _rows(name, schema)]
    return "\n".join([*head, *rows])


def _rows(name: str, schema: JsonSchema) -> Iterator[str]:
    """A field's row, then those of its declared members."""
    since = min(number for number, version in versions().items() if name in version.properties)
    # Every version but the first requires its own number, only to be told from the first.
    required = "yes" if name in versions()[1].required else "no"
    yield f"| `{name}` | {_types(schema)} | {required} | {since} | {schema['description']} |"
    for member, inner in schema.get("properties", {}).items():
        since = min(number for number, version in versions().items() if _has(version, name, member))
        types = f"any, read as {inner['x-column']['type'].lower()}"
        yield f"| `{name}.{member}` | {types} | no | {since} | {inner['description']} |"


def _has(version: Version, name: str, member: str) -> bool:
    return member in version.properties.get(name, {}).get("properties", {})


def _types(schema: JsonSchema) -> str:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    slug = "slug" if schema.get("$ref") == "#/$defs/slug" else "string"
    return " or ".join(slug if each == "string" else each for each in types)
