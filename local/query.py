"""Print what the BigQuery of the running stack answers: what `make query` becomes.

python -m local.query 'SELECT * FROM events'
"""

import signal
import sys
from collections.abc import Sequence

from flex_template.start import command_imports

with command_imports(__name__):
    from google.api_core.client_options import ClientOptions
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery
    from requests.exceptions import ConnectionError as Unreachable
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    from local import names
    from local.running import environment

MAX_WIDTH = 10_000  # columns; only to ask how wide a table would be


def query(sql: str, url: str) -> None:
    """Print what BigQuery at `url` finds.

    Raises:
        SystemExit: it refuses the statement, or is there no longer.
    """
    options = ClientOptions(api_endpoint=url)
    config = bigquery.QueryJobConfig(default_dataset=names.DATASET, use_query_cache=False)
    with bigquery.Client(names.PROJECT, AnonymousCredentials(), client_options=options) as client:
        try:
            # The client would try for ten minutes to reach a stack that ended meanwhile.
            job = client.query(sql, config, retry=None, job_retry=None)
            rows = job.result(retry=None)
        except GoogleAPICallError as error:
            sys.exit(f"query: {error.message.partition('; reason:')[0]}")
        except Unreachable:
            sys.exit("query: the stack has ended")
    _print([field.name for field in rows.schema], list(rows))


def _print(columns: Sequence[str], rows: Sequence[bigquery.Row]) -> None:
    """As a table, or name by name where the terminal is too narrow for one."""
    console = Console()
    table = Table(*columns)
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    unbounded = console.options.update(max_width=MAX_WIDTH)
    if Measurement.get(console, unbounded, table).maximum <= console.width:
        console.print(table)
        return
    for row in rows:
        record = Table.grid(padding=(0, 2))
        for name, value in zip(columns, row.values(), strict=True):
            record.add_row(Text(name, style="dim"), _cell(value))
        console.print(record, Text(""))


def _cell(value: object) -> Text:
    """Without what a terminal would obey."""
    text = "" if value is None else str(value)
    return Text("".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text))


def main() -> None:
    try:
        query(" ".join(sys.argv[1:]), environment()["BIGQUERY_EMULATOR_HOST"])
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
