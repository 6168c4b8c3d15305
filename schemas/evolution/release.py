"""Released versions are never edited: their digests stand in `released.json`."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from schemas.event_versions import Version

RECORD = "released.json"


def edited_after_release(folder: Path) -> Iterator[str]:
    """One line for each released version of `folder` that is not what was released."""
    for name, digest in _record(folder).items():
        path = folder / name
        if not path.exists():
            yield f"{name} was released, and is missing: put it back"
        elif _digest(path) != digest:
            yield f"{name} was edited after its release: put it back, and add a version instead"


def release(folder: Path, versions: dict[int, Version]) -> list[str]:
    """Record the versions of `folder` that are not recorded yet; returns the names of their files.

    Digests that are there stay: a released file cannot be released again.
    """
    record = _record(folder)
    names = [f"event.v{number}.schema.json" for number in versions]
    added = {name: _digest(folder / name) for name in names if name not in record}
    folder.joinpath(RECORD).write_text(json.dumps(record | added, indent=2) + "\n")
    return list(added)


def _record(folder: Path) -> dict[str, str]:
    path = folder / RECORD
    record: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
    return record


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
