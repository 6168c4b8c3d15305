"""Judges what `pip-audit --format=json` found, on standard input; the argument names the image.

Ends with 1 if a pin has a known vulnerability, and with 3 if no pin could be looked up: pip-audit
itself ends well where the package index has no advisories, which proves nothing.
"""

import json
import sys
from typing import Any

NOT_SCANNED = 3


def judge(dependencies: list[dict[str, Any]]) -> tuple[list[str], int]:
    """Lines for people, and the exit code."""
    looked_up = [one for one in dependencies if "skip_reason" not in one]
    skipped = len(dependencies) - len(looked_up)
    if not looked_up:
        line = f"NOT SCANNED: the index has advisories for none of its {skipped} pins"
        return [line], NOT_SCANNED
    found = [
        f"{one['name']} {one['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for one in looked_up
        for vulnerability in one["vulns"]
    ]
    missed = f", {skipped} not looked up" if skipped else ""
    total = f"{len(looked_up)} pins looked up{missed}, known faults: {len(found)}"
    return [*found, total], int(bool(found))


def main() -> None:
    lines, code = judge(json.load(sys.stdin)["dependencies"])
    for line in lines:
        print(f"{sys.argv[1]}: {line}")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
