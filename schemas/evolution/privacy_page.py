"""`docs/privacy.md`: an inventory of what is stored about a person, from the annotations."""

from collections.abc import Iterator

from schemas.event_versions import JsonSchema, versions
from schemas.tables import TABLES, layout

_HEAD = """\
# What is stored about a person

Generated from `x-privacy` in the [event's versions](schema.md) by `make schema`.

- **identifier**: tells one person or sitting from another; **sensitive**: may reveal interests,
  health or habits; **behavioural**: what was done and when; **technical**: nothing about a person.
- The action is carried out by the edge, before Pub/Sub sees the event, if it runs with
  `PRIVACY=annotated`. **keep**: nothing; **pseudonymise**: HMAC-SHA-256 with `USER_ID_HMAC_KEY`, in
  hexadecimal digits; **origin_only**: scheme and host of an address; **truncate:N**: the first N
  characters; **drop**: not stored. A value that an action does not understand is dropped.
- With `PRIVACY=off`, the default, only `user_id` is pseudonymised, and only with a
  `USER_ID_HMAC_KEY`.
- The actions are compiled once, when the edge starts. An event costs them 2.0 µs of CPU for its
  `user_id` alone, and 5.5 µs with a `url`, a `title` and a `video_id` (one core, November 2026).
"""

_TAIL = """\
Version 1 declares no member of `event_details`, which stays as the client sent it: clients that
send addresses or titles should name version 2 or a later one.

| table | keeps for | erased by |
|---|---|---|
{tables}

Dead letters hold a refused event's bytes as they came from Pub/Sub, so after the edge's actions; an
event that did not pass the edge is stored there as it was published. Neither headers nor addresses
of the network are stored, and no log holds a payload or a user id. Retention is the partitions'
expiration that [set-up](deploy.md) gives the tables; a subscription keeps messages for seven days.

Erasure, `python -m flex_template.erase`, looks for the plain id and for its pseudonym; what time
travel and Pub/Sub still hold is among [its limits](../flex_template/erase/__main__.py). Changing
`USER_ID_HMAC_KEY` gives every user a new pseudonym: keep the old key until what was stored under it
has expired.
"""


def privacy_page() -> str:
    """The whole page."""
    newest = versions()[max(versions())]
    rows = [row for name, schema in newest.properties.items() for row in _rows(name, schema)]
    head = ["| field | class | action | what it is kept for |", "|---|---|---|---|"]
    tables = "\n".join(_table(name) for name in TABLES)
    return "\n".join([_HEAD, *head, *rows, "", _TAIL.format(tables=tables)])


def _rows(name: str, schema: JsonSchema) -> Iterator[str]:
    privacy = schema["x-privacy"]
    yield f"| `{name}` | {privacy['class']} | {privacy['action']} | {privacy['purpose']} |"
    for member, inner in schema.get("properties", {}).items():
        yield from _rows(f"{name}.{member}", inner)


def _table(name: str) -> str:
    erased = "`flex_template.erase`" if name != "replays" else "expiration: it holds ids alone"
    return f"| `{name}` | {layout(name).expiration_days} days | {erased} |"
