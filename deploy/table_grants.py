"""Says which roles on BigQuery's tables and views nobody has yet, and gives them.

    python -m deploy.table_grants PROJECT.DATASET           print those of standard input that lack
    python -m deploy.table_grants PROJECT.DATASET --give    give them

A line of standard input is a table, a role and a member. `bq` would take a start for each look and
for each change. Needs BigQuery's library.
"""

import sys
from collections.abc import Iterable
from typing import Any

from google.api_core.exceptions import NotFound
from google.api_core.iam import Policy
from google.cloud import bigquery

from deploy.help import answer_help
from deploy.policy import Grant, extended, lacking
from flex_template.bigquery.client import PATIENCE, connect
from flex_template.command_line import clear_ends


def by_table(lines: Iterable[str]) -> dict[str, list[Grant]]:
    """The grants of each table."""
    found: dict[str, list[Grant]] = {}
    for line in lines:
        table, role, member = line.split()
        found.setdefault(table, []).append((role, member))
    return found


def read_policy(client: bigquery.Client, table: str) -> dict[str, Any]:
    """A table's policy; an empty one if there is no table yet, as in a dry run.

    Raises:
        GoogleAPIError: it cannot be read. Taken for empty, it would lose what it grants.
    """
    try:
        policy: dict[str, Any] = client.get_iam_policy(table, retry=PATIENCE).to_api_repr()
    except NotFound:
        return {}
    return policy


def main() -> None:
    answer_help(__doc__)
    dataset, *flags = sys.argv[1:]
    grants = by_table(sys.stdin)
    with clear_ends(), connect(f"{dataset}.{next(iter(grants))}") as client:
        for table, wanted in grants.items():
            name = f"{dataset}.{table}"
            policy = read_policy(client, name)
            missing = lacking(policy, wanted)
            if "--give" in flags:
                given = Policy.from_api_repr(extended(policy, missing))
                client.set_iam_policy(name, given, retry=PATIENCE)
            else:
                for role, member in missing:
                    print(table, role, member)


if __name__ == "__main__":
    main()
