"""BigQuery's REST client as every command builds it, and a first look at a table."""

import os
import sys
from typing import TypeAlias

from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from schemas import table_schema

EMULATOR_VARIABLE = "BIGQUERY_EMULATOR_HOST"
Parameter: TypeAlias = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter


def connect(table: str) -> bigquery.Client:
    """A client for the project of `table`, on the emulator if the environment names one."""
    emulated = os.environ.get(EMULATOR_VARIABLE)
    credentials = AnonymousCredentials() if emulated else None
    return bigquery.Client(
        project=table.replace(":", ".").rsplit(".", 2)[0], credentials=credentials
    )


def check_table(client: bigquery.Client, table: str, kind: str) -> None:
    """Refuse a table that cannot hold rows of `kind`, one of `schemas.TABLES`.

    Raises:
        SystemExit: it does not exist, or lacks columns.
    """
    table = table.replace(":", ".")
    try:
        found = {field.name for field in client.get_table(table).schema}
    except NotFound:
        sys.exit(f"table {table} does not exist; deploy/setup.sh creates it")
    missing = [field["name"] for field in table_schema(kind) if field["name"] not in found]
    if missing:
        sys.exit(
            f"table {table} lacks the columns {', '.join(missing)} of schemas/{kind}.table.json"
        )


def run_query(
    client: bigquery.Client, sql: str, *parameters: Parameter, page_size: int | None = None
) -> bigquery.table.RowIterator:
    """Run one statement to its end; never from the cache, which may lag behind appended rows."""
    config = bigquery.QueryJobConfig(query_parameters=parameters, use_query_cache=False)
    return client.query(sql, job_config=config).result(page_size=page_size)
