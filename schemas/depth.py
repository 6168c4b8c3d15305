"""One rule for nesting, applied before any validator sees a document."""

from collections.abc import Iterable

from schemas.errors import MAX_ERRORS, ErrorCode, EventError, InvalidEvent, pointer

# Far more than people nest, and far less than BigQuery's 500:
# https://cloud.google.com/bigquery/docs/reference/standard-sql/json-data
MAX_DEPTH = 16
_MESSAGE = f"nested deeper than {MAX_DEPTH} levels"
_CONTAINERS = frozenset({dict, list})


def limit_depth(document: object) -> None:
    """Let through a document none of whose fields is nested deeper than `MAX_DEPTH`.

    Validators recurse: jsonschema-rs converts at most 255 levels, and raises a bare ValueError for
    more, whereas orjson parses up to 1,024.

    Raises:
        InvalidEvent: with at most `MAX_ERRORS` fields, ordered by path.
    """
    deep: list[tuple[str, ...]]
    if isinstance(document, dict):
        if _CONTAINERS.isdisjoint(map(type, document.values())):
            return
        deep = [(name,) for name, value in document.items() if _is_deeper_than(value, MAX_DEPTH)]
    else:
        deep = [()] if _is_deeper_than(document, MAX_DEPTH) else []
    if deep:
        errors = sorted(map(_error, deep), key=lambda error: error.path)
        raise InvalidEvent(errors[:MAX_ERRORS])


def _error(place: tuple[str, ...]) -> EventError:
    is_details = place == ("event_details",)
    code = ErrorCode.DETAILS_TOO_DEEP if is_details else ErrorCode.DOCUMENT_TOO_DEEP
    return EventError(code, pointer(place), _MESSAGE)


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
