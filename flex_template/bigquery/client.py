"""BigQuery's REST client as every command builds it, and a first look at a table."""

import os
import sys
from typing import TypeAlias

from google.api_core.exceptions import Forbidden, NotFound, RetryError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from flex_template.bigquery.table_name import TableName
from schemas import table_schema

EMULATOR_VARIABLE = "BIGQUERY_EMULATOR_HOST"
_PATIENCE = DEFAULT_RETRY.with_timeout(10)  # seconds; by default it tries for ten minutes
Parameter: TypeAlias = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter


def connect(table: str) -> bigquery.Client:
    """A client for the project of `table`, on the emulator if the environment names one.

    Raises:
        SystemExit: there are no credentials.
    """
    emulated = os.environ.get(EMULATOR_VARIABLE)
    credentials = AnonymousCredentials() if emulated else None
    project = TableName.parse(table).project
    try:
        return bigquery.Client(project=project, credentials=credentials)
    except DefaultCredentialsError:
        sys.exit("no Google credentials: run gcloud auth application-default login")


def check_table(client: bigquery.Client, name: str, table: str) -> None:
    """Refuse the table `name` if it cannot hold rows of `table`, one of `schemas.TABLES`.

    Raises:
        SystemExit: it does not exist, cannot be read, or lacks columns.
    """
    try:
        found = {field.name for field in client.get_table(name, retry=_PATIENCE).schema}
    except NotFound:
        sys.exit(f"table {name} does not exist; deploy/setup.sh creates it")
    except Forbidden:
        sys.exit(f"no permission to read table {name}; deploy/setup.sh grants it")
    except RetryError:
        sys.exit(f"BigQuery does not answer for table {name}")
    missing = [field["name"] for field in table_schema(table) if field["name"] not in found]
    if missing:
        command = f"; to add them: python -m schemas apply --events_table={name}"
        sys.exit(
            f"table {name} lacks the columns {', '.join(missing)} of schemas/{table}.table.json"
            f"{command if table == 'events' else ''}"
        )


def run_query(
    client: bigquery.Client, sql: str, *parameters: Parameter, page_size: int | None = None
) -> bigquery.table.RowIterator:
    """Run one statement to its end; never from the cache, which may lag behind appended rows."""
    config = bigquery.QueryJobConfig(query_parameters=parameters, use_query_cache=False)
    return client.query(sql, job_config=config).result(page_size=page_size)
