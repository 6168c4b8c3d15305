"""Changes to the newest version, as a next version: ten that break it and ten that do not."""

import copy
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from schemas import versions

Document = dict[str, Any]
Edit = Callable[[Document], object]

_COLUMN = {"type": "STRING", "description": "A field."}
_PRIVACY = {"class": "technical", "action": "keep", "purpose": "Tests."}
FIELD = {
    "description": "A field.",
    "type": ["string", "null"],
    "x-column": _COLUMN,
    "x-privacy": _PRIVACY,
}


def next_version(edit: Edit) -> Document:
    """The newest version under the next number, edited."""
    newest = versions()[max(versions())]
    document = copy.deepcopy(newest.schema)
    document["properties"]["schema_version"]["const"] = newest.number + 1
    edit(document)
    return document


def write_with(folder: Path, document: Document) -> Path:
    """A folder with the released versions and `document` as the next one."""
    for number in versions():
        name = f"event.v{number}.schema.json"
        folder.joinpath(name).write_bytes(files("schemas").joinpath(name).read_bytes())
    name = f"event.v{max(versions()) + 1}.schema.json"
    folder.joinpath(name).write_text(json.dumps(document))
    return folder


def field(name: str, **keywords: Any) -> Edit:
    """Change keywords of a field; None takes one away."""

    def edit(document: Document) -> None:
        found = document["properties"][name] | keywords
        kept = {key: value for key, value in found.items() if value is not None}
        document["properties"][name] = kept

    return edit


def added(name: str, **keywords: Any) -> Edit:
    return lambda document: document["properties"].update({name: FIELD | keywords})


def removed(name: str) -> Edit:
    return lambda document: document["properties"].pop(name)


def required(name: str) -> Edit:
    return lambda document: document["required"].append(name)


def optional(name: str) -> Edit:
    return lambda document: document["required"].remove(name)


def member(name: str, **keywords: Any) -> Edit:
    """Declare a member of event_details."""
    return lambda document: document["properties"]["event_details"]["properties"].update(
        {name: keywords}
    )


def both(*edits: Edit) -> Edit:
    return lambda document: [edit(document) for edit in edits]


def definition(name: str, **keywords: Any) -> Edit:
    return lambda document: document["$defs"].update({name: keywords})


BREAKING: dict[str, Edit] = {
    "remove a field": removed("topic_category"),
    "require a field that was optional": required("session_id"),
    "add a required field": both(added("device", type="string"), required("device")),
    "shorten a text": field("user_id", maxLength=64),
    "narrow a range": field("confidence", minimum=0.5),
    "refuse null": field("flag_type", type="string"),
    "tighten a pattern": definition("slug", pattern="^[a-z][a-z_]{0,63}$"),
    "give a free member of event_details a type": member("dwell_ms", type="integer"),
    "make a required field optional": optional("signal_type"),
    "let a required field be null": field("source_platform", type=["string", "null"]),
}

COMPATIBLE: dict[str, Edit] = {
    "change nothing": lambda _: None,
    "add an optional field": added("device"),
    "add an optional number": added(
        "score", type=["number", "null"], **{"x-column": _COLUMN | {"type": "FLOAT"}}
    ),
    "add an optional object": added(
        "device", type=["object", "null"], **{"x-column": _COLUMN | {"type": "JSON"}}
    ),
    "allow a longer text": field("user_id", maxLength=256),
    "widen a range": field("confidence", maximum=100),
    "drop a pattern": field("topic_category", **{"$ref": None}),
    "declare another member of event_details": member(
        "channel", description="A channel.", **{"x-column": _COLUMN, "x-privacy": _PRIVACY}
    ),
    "describe a field in other words": field("flag_type", description="Other words."),
    "change what the edge does to a field": field(
        "topic_category", **{"x-privacy": _PRIVACY | {"action": "drop"}}
    ),
}
