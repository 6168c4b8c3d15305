"""BigQuery's REST client as every command builds it, and a first look at a table."""

import os
import sys
from typing import TypeAlias

from google.api_core.exceptions import Forbidden, NotFound, RetryError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY, DEFAULT_RETRY

from flex_template.bigquery.table_name import TableName
from schemas import table_schema

EMULATOR_VARIABLE = "BIGQUERY_EMULATOR_HOST"
# By default the library tries for ten minutes, and runs a job again for forty: a person who waits
# for a command or a page takes it for dead long before.
PATIENCE_SECONDS = 30.0
PATIENCE = DEFAULT_RETRY.with_timeout(PATIENCE_SECONDS)
FIRST_LOOK = DEFAULT_RETRY.with_timeout(10.0)  # an address may be wrong
_JOB_PATIENCE = DEFAULT_JOB_RETRY.with_timeout(PATIENCE_SECONDS)
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
        existing = client.get_table(name, retry=FIRST_LOOK, timeout=PATIENCE_SECONDS)
    except NotFound:
        sys.exit(f"table {name} does not exist; deploy/setup.sh creates it")
    except Forbidden:
        sys.exit(f"no permission to read table {name}; deploy/setup.sh grants it")
    except RetryError:
        sys.exit(f"BigQuery does not answer for table {name}")
    found = {field.name for field in existing.schema}
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

    def run() -> bigquery.table.RowIterator:
        job = client.query(sql, job_config=config, retry=None, job_retry=None)
        return job.result(page_size=page_size, retry=PATIENCE, job_retry=None)

    # Not by the library's `job_retry`: it tries for its own ten minutes to have the job taken.
    return _JOB_PATIENCE(run)()
