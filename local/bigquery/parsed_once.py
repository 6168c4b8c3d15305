"""bqemulator parses the text of one statement some twenty times before it has its answer."""

from functools import lru_cache
from typing import Any

from sqlglot.dialects.dialect import Dialect
from sqlglot.expressions import Expr

MAX_STATEMENTS = 20  # a thousand would spare an eighth of the parses that are left

_parse = lru_cache(MAX_STATEMENTS)(Dialect.parse)


def parse_once(dialect: Dialect, sql: str, **options: Any) -> list[Expr | None]:
    """In place of `Dialect.parse`: trees that the caller may change, from one that nobody does."""
    return [tree and tree.copy() for tree in _parse(dialect, sql, **options)]
