"""What was found of one table, for people and for programs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Found(NamedTuple):
    """Whether a table is there; the columns that it lacks; in which else it differs, in words."""

    table: str
    exists: bool
    lacks: Sequence[str] = ()
    differs: Sequence[str] = ()


def lines(found: Iterable[Found]) -> Iterator[str]:
    """Each table in a line, and each of its differences in one more."""
    for one in found:
        if not one.exists:
            yield f"{one.table} does not exist"
            continue
        columns = f"lacks {', '.join(one.lacks)}" if one.lacks else "has every column"
        yield f"{one.table} {columns}"
        yield from (f"{one.table} differs: {difference}" for difference in one.differs)
