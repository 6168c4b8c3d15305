"""What `python -m schemas check` says of the newest version."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from schemas.event_versions import Version, load
from schemas.evolution.compatibility import Change, incompatible_changes
from schemas.evolution.release import edited_after_release
from schemas.tables import columns_of


def check(folder: Path) -> tuple[str, bool]:
    """The report on the versions of `folder`, and whether the newest may be released.

    Raises:
        SchemaFileError: a file cannot be used at all.
    """
    versions = load(folder)
    edited = list(edited_after_release(folder))
    if len(versions) == 1:
        return "\n".join([*edited, "event.v1.schema.json: the first version"]), not edited
    changes = incompatible_changes(versions)
    lines = _incompatible(max(versions), changes) if changes else _compatible(versions)
    return "\n".join([*edited, *lines]), not edited and not changes


def _compatible(versions: Mapping[int, Version]) -> Iterator[str]:
    newest = max(versions)
    yield f"event.v{newest}.schema.json: compatible with version {newest - 1}"
    for column in columns_of(versions.values()):
        if column.since == newest:
            yield f"  new column: {column.name} {column.type}"


def _incompatible(newest: int, changes: Iterable[Change]) -> Iterator[str]:
    yield f"event.v{newest}.schema.json: not compatible with version {newest - 1}"
    for change in sorted(changes, key=lambda change: change.path):
        yield f"  {change.path} {change.rule}"
        if change.example is not None:
            [refused_by] = {newest - 1, newest} - {change.accepted_by}
            yield f"    version {change.accepted_by} accepts, version {refused_by} refuses:"
            yield f"    {json.dumps(change.example, ensure_ascii=False)}"
