"""The named examples: `events/<reason>.{pass,fail}.json` hold exact bytes of one event each.

An example that names no version is one of each: version 1 as it is, and later ones stamped with
their number. One that shows what a version brings says so itself.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from schemas import versions

EVENTS = Path(__file__).parent / "events"
_NAME = re.compile(r"(?P<reason>[a-z0-9_]+)\.(?P<verdict>pass|fail)\.json")


class Example(NamedTuple):
    """One event body; `codes` are the error codes in order, empty for one that passes."""

    reason: str
    data: bytes
    codes: tuple[str, ...]


def load(folder: Path = EVENTS) -> list[Example]:
    """All examples, by reason and version.

    Raises:
        ValueError: a file is misnamed, or the failing files and `expected.json` do not match.
    """
    return [each for example in _read(folder) for each in _of_every_version(example)]


def _of_every_version(example: Example) -> list[Example]:
    later = [number for number in versions() if number > 1]
    if b"schema_version" in example.data or not example.data.strip().startswith(b"{"):
        return [example]
    return [example, *(_stamped(example, number) for number in later)]


def _stamped(example: Example, version: int) -> Example:
    """The same bytes but for the version, named first; in an object without members, alone."""
    comma = b"" if example.data.strip() == b"{}" else b","
    stamp = b'{"schema_version":%d%b' % (version, comma)
    data = example.data.replace(b"{", stamp, 1)
    return Example(f"{example.reason}_v{version}", data, example.codes)


def _read(folder: Path) -> list[Example]:
    expected = json.loads((folder / "expected.json").read_bytes())
    names = sorted(path.name for path in folder.iterdir() if path.name != "expected.json")
    verdicts = dict(_split(name) for name in names)
    failing = {reason for reason, verdict in verdicts.items() if verdict == "fail"}
    if len(verdicts) < len(names) or failing != expected.keys():
        raise ValueError(f"not one file per reason: {sorted(failing ^ expected.keys())}")
    return [
        Example(
            reason,
            (folder / f"{reason}.{verdict}.json").read_bytes(),
            tuple(expected.get(reason, ())),
        )
        for reason, verdict in verdicts.items()
    ]


def _split(name: str) -> tuple[str, str]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name} is not named <reason>.pass.json or <reason>.fail.json")
    return match["reason"], match["verdict"]
