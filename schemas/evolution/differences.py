"""How an existing table differs from this version in what is not changed: that is its owner's."""

from collections.abc import Iterator

from google.cloud import bigquery

from schemas.evolution import statements
from schemas.tables import Layout

DAY_MILLISECONDS = 86_400_000


def differences(table: bigquery.Table, columns: set[str], stored: Layout) -> Iterator[str]:
    """A line for each column that is none of `columns`, and for partitions and clusters."""
    for field in table.schema:
        if field.name not in columns:
            yield f"column {field.name} is none of this version's"
    partitioning = table.time_partitioning
    found = partitioning.field if partitioning else None
    if found != stored.partition:
        yield f"partitions by {found}, this version by {stored.partition}"
    milliseconds = partitioning.expiration_ms if partitioning else None
    days = int(milliseconds or 0) / DAY_MILLISECONDS
    if days != stored.expiration_days:
        yield f"partitions expire after {days:g} days, the settings say {stored.expiration_days}"
    clustering = list(table.clustering_fields or [])
    if clustering != stored.clustering:
        yield f"clusters by {clustering}, this version by {stored.clustering}"


def faults(
    present: dict[str, bigquery.SchemaField], wanted: list[statements.Field]
) -> Iterator[str]:
    """Why a table cannot become one of ours; columns of others may stay, if nullable."""
    for field in wanted:
        name, column_type = field["name"], field["type"]
        if name not in present:
            if field["mode"] == "REQUIRED":
                yield f"  {name} is missing: a REQUIRED column cannot be added"
        elif present[name].field_type not in (column_type, statements.SQL_TYPES.get(column_type)):
            yield f"  {name} is {present[name].field_type}, not {column_type}"
    for name in present.keys() - {field["name"] for field in wanted}:
        if present[name].mode == "REQUIRED":
            yield f"  {name} is REQUIRED, and no version has it"
