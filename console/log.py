"""Every action, as one JSON object per line on standard output; never a payload or a user id."""

import sys
from typing import Any

import orjson
from flask import g


def log_action(action: str, **fields: Any) -> None:
    """Who did what; Cloud Logging reads the line's `severity` and `message`."""
    line = {"severity": "NOTICE", "message": f"{g.person.name}: {action}", "action": action}
    line |= {"person": g.person.name, **fields}
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()
