"""What set-up says about a table that an earlier version made."""

from typing import Any

import pytest

from deploy.table_differences import differences, missing_columns

WANTED = [
    {"name": "event_id", "type": "STRING"},
    {"name": "confidence", "type": "FLOAT64"},
    {"name": "added_later", "type": "INT64"},
]


def table(**changes: Any) -> dict[str, Any]:
    """As `bq show` describes one, by the older of a type's two names."""
    fields = [
        {"name": "event_id", "type": "STRING"},
        {"name": "confidence", "type": "FLOAT"},
        {"name": "added_later", "type": "INTEGER"},
    ]
    described: dict[str, Any] = {
        "schema": {"fields": fields},
        "timePartitioning": {"field": "timestamp", "expirationMs": str(730 * 86_400_000)},
        "clustering": {"fields": ["user_id", "signal_type"]},
    }
    return described | changes


def found(described: dict[str, Any]) -> list[str]:
    return list(differences(described, WANTED, ("timestamp", 730), ["user_id", "signal_type"]))


def test_a_table_of_this_version_has_no_difference() -> None:
    assert missing_columns(table(), WANTED) == []
    assert found(table()) == []


def test_columns_that_are_missing_are_named_whatever_their_case() -> None:
    older = table(schema={"fields": [{"name": "EVENT_ID", "type": "STRING"}]})
    assert missing_columns(older, WANTED) == ["confidence", "added_later"]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"timePartitioning": {"field": "timestamp", "expirationMs": "34560000000"}},
            "partitions expire after 400 days, the settings say 730",
        ),
        (
            {"timePartitioning": {"field": "received_at", "expirationMs": "63072000000"}},
            "partitions by received_at, this version by timestamp",
        ),
        ({"clustering": {"fields": ["user_id"]}}, "clusters by ['user_id'], this version by"),
        (
            {"schema": {"fields": [{"name": "confidence", "type": "STRING"}]}},
            "column confidence is STRING, this version makes it FLOAT64",
        ),
        (
            {"schema": {"fields": [{"name": "ours", "type": "STRING"}]}},
            "column ours is none of this version's",
        ),
    ],
)
def test_what_set_up_does_not_change_is_said(changes: dict[str, Any], line: str) -> None:
    [difference] = found(table(**changes))
    assert difference.startswith(line)
