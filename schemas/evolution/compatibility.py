"""Whether a version takes every event of the one before, and fits every column.

What is reported as compatible is proved, keyword by keyword, over the keywords of our dialect
(`dialect.schema.json`); what is reported as breaking has a counterexample; and what can be neither
proved nor refuted is reported as such, and refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs
from jsonschema_rs import canonical

from schemas.event_versions import JsonSchema, Version
from schemas.evolution.counterexamples import (
    Event,
    accepted_then_refused,
    alone,
    smallest_event,
)
from schemas.tables import columns_of
from schemas.violations import in_our_words

_ANNOTATIONS = {"description", "x-column", "x-form", "x-privacy"}


class Change(NamedTuple):
    """One reason why a version is not compatible with the one before.

    `example` is an event that `accepted_by` takes and the other version refuses; None where the
    change could only not be judged.
    """

    path: str
    rule: str
    accepted_by: int | None = None
    example: Event | None = None


def incompatible_changes(versions: Mapping[int, Version]) -> list[Change]:
    """Every reason against the newest version.

    If there is none, each event of the version before is one of the newest, under its number, and
    the table takes whatever is an event of either. That no column changes its type was found out
    when the versions were loaded.
    """
    *_, old, new = versions.values()
    required_columns = {
        column.name for column in columns_of(versions.values()) if column.mode == "REQUIRED"
    }
    return [
        *_removed(old, new),
        *_required(old, new),
        *_narrowed(old, new),
        *_unstorable(new, required_columns & old.required),
    ]


def _removed(old: Version, new: Version) -> Iterator[Change]:
    for name in old.properties:
        if name not in new.properties:
            example = accepted_then_refused(name, old, new)
            yield Change(f"/{name}", "is no longer a field", old.number, example)


def _required(old: Version, new: Version) -> Iterator[Change]:
    for name in sorted(new.required - old.required - {"schema_version"}):
        yield Change(f"/{name}", "is required", old.number, smallest_event(old))


def _narrowed(old: Version, new: Version) -> Iterator[Change]:
    """Fields of which a value that was accepted is refused, or may be."""
    for name in old.properties.keys() & new.properties.keys() - {"schema_version"}:
        if _covers(alone(new, name), alone(old, name)):
            continue
        example = accepted_then_refused(name, old, new)
        if example is None:
            yield Change(f"/{name}", _UNJUDGED)
        else:
            path, rule = _first_violation(new, example)
            yield Change(path, rule, old.number, example)


_UNJUDGED = (
    "has changed in a way that can be neither proved compatible nor refuted: "
    "leave its pattern as it was, or drop it"
)


def _covers(new: JsonSchema, old: JsonSchema) -> bool:
    """Whether `new` provably accepts whatever `old` accepts."""
    try:
        wider, narrower = (jsonschema_rs.canonicalize(_rules_of(each)) for each in (new, old))
        return wider.covers(narrower) == canonical.Containment.YES
    except canonical.CanonicalizationError:
        return False


def _rules_of(node: Any) -> Any:
    """A schema without its annotations; a property may have the name of one."""
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in _ANNOTATIONS}
    for key in kept.keys() & {"properties", "$defs"}:
        kept[key] = {name: _rules_of(schema) for name, schema in kept[key].items()}
    for key in kept.keys() & {"items", "propertyNames", "additionalProperties"}:
        kept[key] = _rules_of(kept[key])
    return kept


def _first_violation(version: Version, event: Event) -> tuple[str, str]:
    validator = jsonschema_rs.Draft202012Validator(version.schema)
    event = {**event, "schema_version": version.number}
    first = min(
        (error for raw in validator.iter_errors(event) for error in in_our_words(raw)),
        key=lambda error: error.path,
    )
    return first.path, first.message


def _unstorable(new: Version, required_columns: set[str]) -> Iterator[Change]:
    """The reverse: what only the new version accepts, and a REQUIRED column cannot hold."""
    for name in sorted(required_columns & new.properties.keys()):
        if name not in new.required:
            rule = "may be absent, but its column is REQUIRED"
            yield Change(f"/{name}", rule, new.number, smallest_event(new))
        elif "null" in new.properties[name]["type"]:
            rule = "may be null, but its column is REQUIRED"
            yield Change(f"/{name}", rule, new.number, smallest_event(new) | {name: None})
