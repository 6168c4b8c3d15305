"""How one user's id may be stored: plain or pseudonymised, as text or somewhere in bytes."""

import json
from collections.abc import Iterable

from schemas.privacy import pseudonym


def stored_ids(user_id: str, key: bytes) -> list[str]:
    """The values of the column `user_id`: as the client sent it, and the edge's pseudonym."""
    return [user_id, pseudonym(user_id, key)] if key else [user_id]


def hex_pattern(ids: Iterable[str]) -> str:
    """An RE2 pattern that finds any of `ids` in lower-case hex, at the start of a byte."""
    needles = sorted({needle.hex() for user_id in ids for needle in _encodings(user_id)})
    return f"^(?:..)*?(?:{'|'.join(needles)})"


def json_needles(ids: Iterable[str]) -> list[str]:
    """How any of `ids` stands in JSON text, or in JSON text within a string of JSON text."""
    once = {_escaped(user_id) for user_id in ids}
    return sorted(once | {_escaped(needle) for needle in once})


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _encodings(user_id: str) -> Iterable[bytes]:
    """Plain and as a JSON string holds it; a payload that is not UTF-8 may be UTF-16."""
    for text in (user_id, json.dumps(user_id)[1:-1], json.dumps(user_id, ensure_ascii=False)[1:-1]):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            yield text.encode(encoding)
