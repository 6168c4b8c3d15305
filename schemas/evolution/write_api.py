"""New columns reach the write API minutes after the table has them."""

import sys
import time

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.api_core.retry import Retry
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient
from google.cloud.bigquery_storage_v1.types import GetWriteStreamRequest, WriteStreamView

from flex_template.bigquery.client import PATIENCE_SECONDS
from flex_template.bigquery.group_commit import append_stream
from flex_template.bigquery.table_name import TableName

# The API notices a change of the schema within minutes:
# https://cloud.google.com/bigquery/docs/write-api
_PATIENCE_SECONDS = 600.0
_AGAIN = Retry(timeout=PATIENCE_SECONDS)  # by default it tries for ten minutes
_PAUSE_SECONDS = 2.0  # a call costs nothing, and its answer changes within minutes


def wait_for_columns(table: str, names: set[str]) -> None:
    """Return once rows that are appended to `table` may hold the columns.

    Raises:
        SystemExit: the write API does not take them in time, or does not answer.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    stream = TableName.parse(table).default_stream
    client = BigQueryWriteClient(transport=append_stream.connect())
    request = GetWriteStreamRequest(name=stream, view=WriteStreamView.FULL)
    while not names <= _columns_of_stream(client, request):
        if time.monotonic() > deadline:
            sys.exit("the columns are there, but the write API does not take them yet: wait")
        time.sleep(_PAUSE_SECONDS)


def _columns_of_stream(client: BigQueryWriteClient, request: GetWriteStreamRequest) -> set[str]:
    try:
        stream = client.get_write_stream(request, retry=_AGAIN, timeout=PATIENCE_SECONDS)
    except (GoogleAPICallError, RetryError) as error:
        sys.exit(f"the columns are there, but the write API does not answer: {error.message}")
    return {field.name for field in stream.table_schema.fields}
