"""Judges what `pip-audit --format=json` found, on standard input.

Ends with 1 if a pin has a known vulnerability, and with 3 if no pin could be looked up: pip-audit
itself ends well where the package index has no advisories, which proves nothing. What accepted.txt
names is said, but stops nothing.
"""

import argparse
import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

NOT_SCANNED = 3
ACCEPTED = Path(__file__).with_name("accepted.txt")


def accepted_ids(text: str) -> set[str]:
    """The first word of each line that is not a comment.

    Raises:
        SystemExit: a line gives no reason.
    """
    lines = [line.split() for line in text.splitlines() if line and line[0] != "#"]
    for words in lines:
        if len(words) < 2:  # noqa: PLR2004 - an id and a reason
            raise SystemExit(f"{ACCEPTED}: {words[0]} has no reason")
    return {words[0] for words in lines}


def judge(
    dependencies: list[dict[str, Any]], accepted: Collection[str] = ()
) -> tuple[list[str], int]:
    """Lines for people, and the exit code."""
    looked_up = [one for one in dependencies if "skip_reason" not in one]
    skipped = len(dependencies) - len(looked_up)
    if not looked_up:
        line = f"NOT SCANNED: the index has advisories for none of its {skipped} pins"
        return [line], NOT_SCANNED
    met = [(one, vulnerability) for one in looked_up for vulnerability in one["vulns"]]
    lines = [
        f"{one['name']} {one['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        f"{', accepted' if vulnerability['id'] in accepted else ''}"
        for one, vulnerability in met
    ]
    faults = sum(vulnerability["id"] not in accepted for _, vulnerability in met)
    missed = f", {skipped} not looked up" if skipped else ""
    total = f"{len(looked_up)} pins looked up{missed}, known faults: {faults}"
    return [*lines, total], int(bool(faults))


def main() -> None:
    command = argparse.ArgumentParser(prog="python deploy/release/audit.py", description=__doc__)
    command.add_argument("image", help="named in each line")
    image = command.parse_args().image
    accepted = accepted_ids(ACCEPTED.read_text(encoding="utf-8"))
    lines, code = judge(json.load(sys.stdin)["dependencies"], accepted)
    for line in lines:
        print(f"{image}: {line}")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
