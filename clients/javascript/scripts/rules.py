"""Writes what the client must know of the server's rules: `src/generated/rules.js`.

    python -m clients.javascript.scripts.rules [--check]

The codes, words and limits are read from `schemas`, which the edge and the pipeline call too.
"""

import json
import sys
from pathlib import Path
from typing import Any

from ingest_function.events import MAX_EVENTS
from ingest_function.http.body import MAX_BODY_BYTES
from schemas import DEFAULT_LIMITS, InvalidEvent, validate
from schemas.depth import MAX_DEPTH
from schemas.errors import MAX_ERRORS, MAX_PATH
from schemas.event import DETAILS_MAX_BYTES
from schemas.event_versions import versions
from schemas.violations import KEYWORDS
from schemas.words import FRACTION, KINDS, forms

TARGET = Path(__file__).parents[1] / "src" / "generated" / "rules.js"
NOW = 1_795_000_000_000_000
VALID = {
    "user_id": "u",
    "timestamp": "2026-11-18T00:00:00Z",
    "signal_type": "s",
    "source_platform": "p",
}
BROKEN_RULES: dict[str, dict[str, Any]] = {
    "required": {"signal_type": ...},
    "additionalProperties": {"unknown": 1},
    "nul": {"event_details": {"a": "\0"}},
    "unknownVersion": {"schema_version": 999_999_999},
    "calendar": {"timestamp": "2026-02-30T00:00:00Z"},
    "tooOld": {"timestamp": "1999-01-01T00:00:00Z"},
    "inFuture": {"timestamp": "2999-01-01T00:00:00Z"},
    "tooLarge": {"event_details": {"a": "x" * DETAILS_MAX_BYTES}},
    "detailsTooDeep": {"event_details": json.loads("[" * 20 + "]" * 20)},
    "documentTooDeep": {"flag_type": json.loads("[" * 20 + "]" * 20)},
}


def rules() -> dict[str, Any]:
    return {
        "schemaVersions": list(versions()),
        "maxErrors": MAX_ERRORS,
        "maxPath": MAX_PATH,
        "maxDepth": MAX_DEPTH,
        "detailsMaxBytes": DETAILS_MAX_BYTES,
        "maxAgeMs": DEFAULT_LIMITS.max_age // 1000,
        "maxAheadMs": DEFAULT_LIMITS.max_ahead // 1000,
        "maxEventsPerRequest": MAX_EVENTS,
        "maxBodyBytes": MAX_BODY_BYTES,
        "keywords": KEYWORDS,
        "kinds": KINDS,
        "fraction": FRACTION,
        "forms": forms(),
        "verdicts": {name: verdict_on(change) for name, change in BROKEN_RULES.items()},
    }


def verdict_on(change: dict[str, Any]) -> list[str]:
    """The code and the words for an event that breaks one rule; a size in them becomes `{}`."""
    event = {name: value for name, value in {**VALID, **change}.items() if value is not ...}
    try:
        validate(event, now=NOW)
    except InvalidEvent as refusal:
        [error] = refusal.errors
        size = len(json.dumps(event.get("event_details"), separators=(",", ":")))
        return [error.code, error.message.replace(f"{size} bytes", "{} bytes")]
    raise AssertionError(f"valid: {change}")


def rendered() -> str:
    text = json.dumps(rules(), indent=2)
    return f"// Written by scripts/rules.py: do not edit.\n\nexport const RULES = {text};\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(rendered() != TARGET.read_text() and f"{TARGET.name} is out of date: make client")
    TARGET.write_text(rendered())
