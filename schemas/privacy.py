"""What happens to an event's properties before Pub/Sub sees it: `x-privacy`, compiled once.

    protect = annotated(key)
    protect({"user_id": "user-1", ...})

Every action takes any JSON value, so that an invalid event is protected too: what an action does
not understand it drops.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from schemas.event_versions import JsonSchema, versions

Fields = Mapping[str, Any]
Protect = Callable[[Fields], dict[str, Any]]
_Action = Callable[[Any], Any]

_DROPPED = object()
# Scheme, user and password if any, then host; a browser takes a backslash for a slash.
_ADDRESS = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?:[^/?#\\]*@)?"
    r"(?P<host>[\w.-]{1,253}|\[[0-9a-fA-F:.]+\])(?=[:/?#\\]|$)"
)


def pseudonym(text: str, key: bytes) -> str:
    """The HMAC-SHA-256 of the text's UTF-8 bytes, in 64 lower-case hexadecimal digits."""
    return hmac.digest(key, text.encode(), "sha256").hex()


def user_id_alone(key: bytes) -> Protect:
    """Pseudonymise the user's id and keep the rest."""
    return partial(_apply, {"user_id": _of_text(partial(pseudonym, key=key))})


def annotated(key: bytes) -> Protect:
    """Do to each property what its version's annotation says."""
    by_version = {
        number: _actions(version.properties, key) for number, version in versions().items()
    }
    strictest = by_version[max(by_version)]

    def protect(fields: Fields) -> dict[str, Any]:
        version = fields.get("schema_version", 1)
        is_known = type(version) in (int, float) and version in by_version
        return _apply(by_version[version] if is_known else strictest, fields)

    return protect


def _apply(actions: Mapping[str, _Action], fields: Fields) -> dict[str, Any]:
    protected = {**fields}
    for name, action in actions.items():
        if name in fields:
            protected[name] = action(fields[name])
            if protected[name] is _DROPPED:
                del protected[name]
    return protected


def _actions(properties: Mapping[str, JsonSchema], key: bytes) -> dict[str, _Action]:
    """The actions that change something, by property."""
    found = {}
    for name, schema in properties.items():
        action = _action(schema, key)
        if action is not None:
            found[name] = action
    return found


def _action(schema: JsonSchema, key: bytes) -> _Action | None:
    name, _, argument = schema["x-privacy"]["action"].partition(":")
    if name == "drop":
        return lambda _: _DROPPED
    if name == "pseudonymise":
        return _of_text(partial(pseudonym, key=key))
    if name == "origin_only":
        return _of_text(_origin)
    if name == "truncate":
        length = int(argument)
        return _of_text(lambda text: text[:length])
    members = _actions(schema.get("properties", {}), key)
    return partial(_in_object, members) if members else None


def _of_text(change: Callable[[str], Any]) -> _Action:
    """Change a text, leave null, and drop any other value, whose form is not known."""

    def act(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        return None if value is None else _DROPPED

    return act


def _in_object(members: Mapping[str, _Action], value: Any) -> Any:
    """Protect the members of an object; of any other value nothing is declared but null."""
    if isinstance(value, dict):
        return _apply(members, value)
    return None if value is None else _DROPPED


def _origin(address: str) -> Any:
    """Scheme and host; dropped where there are none, as of `data:` and `file:` addresses."""
    match = _ADDRESS.match(address)
    return f"{match['scheme']}://{match['host']}".lower() if match else _DROPPED
