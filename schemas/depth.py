"""One rule for nesting, applied before any validator sees a document."""

from collections.abc import Iterable

from schemas.errors import MAX_ERRORS, ErrorCode, EventError, pointer

MAX_DEPTH = 16
_MESSAGE = f"nested deeper than {MAX_DEPTH} levels"
_CONTAINERS = (dict, list)


def depth_errors(document: object) -> list[EventError]:
    """At most `MAX_ERRORS`: one for each field nested deeper than `MAX_DEPTH`, ordered by path.

    Validators recurse: jsonschema-rs converts at most 255 levels, and raises a bare ValueError for
    more, whereas orjson parses up to 1,024.
    """
    if isinstance(document, dict):
        deep = [name for name, value in document.items() if _is_deeper_than(value, MAX_DEPTH)]
        return sorted(map(_error, deep), key=lambda error: error.path)[:MAX_ERRORS]
    if _is_deeper_than(document, MAX_DEPTH):
        return [EventError(ErrorCode.DOCUMENT_TOO_DEEP, "", _MESSAGE)]
    return []


def _error(name: str) -> EventError:
    is_details = name == "event_details"
    code = ErrorCode.DETAILS_TOO_DEEP if is_details else ErrorCode.DOCUMENT_TOO_DEEP
    return EventError(code, pointer([name]), _MESSAGE)


def _is_deeper_than(value: object, levels: int) -> bool:
    """Level by level: a recursive walk would meet Python's own limit, and is slower."""
    containers = [value] if type(value) in _CONTAINERS else []
    while containers and levels:
        containers = [
            inner for outer in containers for inner in _items(outer) if type(inner) in _CONTAINERS
        ]
        levels -= 1
    return bool(containers)


def _items(container: object) -> Iterable[object]:
    return container.values() if isinstance(container, dict) else container  # type: ignore[return-value]
