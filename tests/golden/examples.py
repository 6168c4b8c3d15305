"""The named examples: `events/<reason>.{pass,fail}.json` hold exact bytes of one event each."""

import json
import re
from pathlib import Path
from typing import NamedTuple

EVENTS = Path(__file__).parent / "events"
_NAME = re.compile(r"(?P<reason>[a-z0-9_]+)\.(?P<verdict>pass|fail)\.json")


class Example(NamedTuple):
    """One event body; `codes` are the error codes in order, empty for one that passes."""

    reason: str
    data: bytes
    codes: tuple[str, ...]


def load(folder: Path = EVENTS) -> list[Example]:
    """All examples by reason.

    Raises:
        ValueError: a file is misnamed, or the failing files and `expected.json` do not match.
    """
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
