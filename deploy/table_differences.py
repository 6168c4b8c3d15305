"""Says how an existing BigQuery table differs from this version; `bq show` is the input.

    bq --format=json show DATASET.TABLE | python3 -m deploy.table_differences columns SCHEMA
    bq --format=json show DATASET.TABLE |
        python3 -m deploy.table_differences settings SCHEMA PARTITION_COLUMN DAYS CLUSTERING

The first prints the columns that are missing, separated by commas; the second a line for every
other difference. Needs nothing but Python.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DAY_MILLISECONDS = 86_400_000
Fields = list[dict[str, str]]


def missing_columns(table: dict[str, Any], wanted: Fields) -> list[str]:
    present = {field["name"].lower() for field in table["schema"]["fields"]}
    return [field["name"] for field in wanted if field["name"].lower() not in present]


def differences(
    table: dict[str, Any], wanted: Fields, partition: tuple[str, int], clustering: list[str]
) -> Iterator[str]:
    """One line for each column, partition or cluster that is not as this version makes it.

    `partition` is the column and the days after which a partition expires.
    """
    types = {field["name"]: field["type"] for field in wanted}
    for field in table["schema"]["fields"]:
        name, found = field["name"], field["type"]
        if name not in types:
            yield f"column {name} is none of this version's"
        elif _standard(found) != _standard(types[name]):
            yield f"column {name} is {found}, this version makes it {types[name]}"
    partitioning = table.get("timePartitioning", {})
    column, days = partition
    if partitioning.get("field") != column:
        yield f"partitions by {partitioning.get('field')}, this version by {column}"
    found_days = int(partitioning.get("expirationMs", 0)) / DAY_MILLISECONDS
    if found_days != days:
        yield f"partitions expire after {found_days:g} days, the settings say {days}"
    found_clustering = table.get("clustering", {}).get("fields", [])
    if found_clustering != clustering:
        yield f"clusters by {found_clustering}, this version by {clustering}"


def _standard(name: str) -> str:
    """BigQuery answers with the older of a type's two names."""
    return {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}.get(name, name)


def main() -> None:
    what, schema, *expected = sys.argv[1:]
    table = json.load(sys.stdin)
    wanted = json.loads(Path(schema).read_text(encoding="utf-8"))
    if what == "columns":
        print(",".join(missing_columns(table, wanted)))
        return
    column, days, clustering = expected
    for line in differences(table, wanted, (column, int(days)), clustering.split(",")):
        print(line)


if __name__ == "__main__":
    main()
