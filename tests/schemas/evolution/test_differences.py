"""What set-up says about a table that an earlier version made."""

import pytest
from google.cloud import bigquery

from schemas import layout
from schemas.evolution.differences import DAY_MILLISECONDS, differences

STORED = layout("events")


def table(**changes: object) -> bigquery.Table:
    made = bigquery.Table("my-project.aegis.events", [bigquery.SchemaField("event_id", "STRING")])
    made.time_partitioning = bigquery.TimePartitioning(
        field=STORED.partition, expiration_ms=STORED.expiration_days * DAY_MILLISECONDS
    )
    made.clustering_fields = STORED.clustering
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def found(described: bigquery.Table) -> list[str]:
    return list(differences(described, {"event_id"}, STORED))


def test_a_table_of_this_version_has_no_difference() -> None:
    assert found(table()) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {
                "time_partitioning": bigquery.TimePartitioning(
                    field="timestamp", expiration_ms=400 * DAY_MILLISECONDS
                )
            },
            "partitions expire after 400 days, the settings say 730",
        ),
        (
            {
                "time_partitioning": bigquery.TimePartitioning(
                    field="received_at", expiration_ms=730 * DAY_MILLISECONDS
                )
            },
            "partitions by received_at, this version by timestamp",
        ),
        ({"clustering_fields": ["user_id"]}, "clusters by ['user_id'], this version by"),
        (
            {"schema": [bigquery.SchemaField("ours", "STRING")]},
            "column ours is none of this version's",
        ),
    ],
)
def test_what_set_up_does_not_change_is_said(changes: dict[str, object], line: str) -> None:
    [difference] = found(table(**changes))
    assert difference.startswith(line)
