"""Commands for the stack that `make dev` keeps up.

    python -m local.running query 'SELECT * FROM events'
    python -m local.running replay --error_code=wrong_type --dry_run
    eval "$(python -m local.running environment)"

The last gives a shell the stack's addresses, so that every command of the documentation, `bq` among
them, speaks to it.
"""

import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

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
    from local.process import accepts
    from local.stack import ROOT, Stack

FOLDER = ROOT / ".cache" / "running"  # has a folder for each stack, named by the edge's port
_FILE = "environment.json"
MAX_WIDTH = 10_000  # columns; only to ask how wide a table would be
_PLACES = {
    "erase": (f"--events_table={names.EVENTS}", f"--dead_letter_table={names.DEAD_LETTERS}"),
    "replay": (f"--dead_letter_table={names.DEAD_LETTERS}", f"--topic={names.TOPIC}"),
    "trace": (f"--events_table={names.EVENTS}", f"--dead_letter_table={names.DEAD_LETTERS}"),
}


@contextmanager
def announced(stack: Stack, console_url: str) -> Iterator[None]:
    """Tell commands in other processes of the stack, until the block ends."""
    for left in set(_announced()) - set(_alive()):
        shutil.rmtree(left, ignore_errors=True)  # of a stack that was killed
    folder = FOLDER / stack.url.rpartition(":")[2]
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / f"{_FILE}.new"
    written.write_text(json.dumps(_environment(stack, console_url, folder)))
    written.replace(folder / _FILE)  # whole at once, as other processes read it
    try:
        yield
    finally:
        shutil.rmtree(folder)


def _announced() -> list[Path]:
    """A folder for each stack that was announced, the newest first."""
    since = {}
    for file in FOLDER.glob(f"*/{_FILE}"):
        with suppress(FileNotFoundError):  # its stack ends just now
            since[file.parent] = file.stat().st_mtime
    return sorted(since, key=since.__getitem__, reverse=True)


def _alive() -> list[Path]:
    return [folder for folder in _announced() if accepts(int(folder.name))]


def _environment(stack: Stack, console_url: str, folder: Path) -> dict[str, str]:
    bigqueryrc = folder / "bigqueryrc"
    bigqueryrc.write_text(_bigqueryrc(stack.bigquery_hosts["BIGQUERY_EMULATOR_HOST"]))
    return {
        "EDGE": stack.url,
        "API_KEY": stack.api_key,
        "CONSOLE": console_url,
        "GCP_PROJECT_ID": names.PROJECT,
        "PUB_SUB_TOPIC_ID": names.TOPIC_ID,
        "PUBSUB_EMULATOR_HOST": stack.pubsub.host,
        **stack.bigquery_hosts,
        "BIGQUERYRC": str(bigqueryrc),
        # The Google Cloud CLI keeps its files there, and asks nobody for a login.
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_CORE_PROJECT": names.PROJECT,
        "CLOUDSDK_AUTH_ACCESS_TOKEN": "local",
    }


def _bigqueryrc(url: str) -> str:
    """`bq` would ask the emulator for a discovery document, which it has not; it ships one."""
    lines = [f"api = {url}", f"project_id = {names.PROJECT}"]
    if bq := shutil.which("bq"):
        shipped = Path(bq).resolve().parents[1] / "platform/bq/discovery_next/bigquery.json"
        lines.append(f"discovery_file = {shipped}")
    return "\n".join(lines) + "\n"


def environment() -> dict[str, str]:
    """The variables by which any command finds the stack that was started last.

    Raises:
        SystemExit: none runs.
    """
    for folder in _alive():
        with suppress(FileNotFoundError):  # it ends just now
            found: dict[str, str] = json.loads((folder / _FILE).read_text())
            return found
    sys.exit("no stack is running: start one with make dev, in another terminal")


def _query(arguments: Sequence[str], found: Mapping[str, str]) -> None:
    options = ClientOptions(api_endpoint=found["BIGQUERY_EMULATOR_HOST"])
    config = bigquery.QueryJobConfig(default_dataset=names.DATASET, use_query_cache=False)
    with bigquery.Client(names.PROJECT, AnonymousCredentials(), client_options=options) as client:
        try:
            # The client would try for ten minutes to reach a stack that ended meanwhile.
            job = client.query(" ".join(arguments), config, retry=None, job_retry=None)
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


def _export(_: Sequence[str], found: Mapping[str, str]) -> None:
    for name, value in found.items():
        print(f"export {name}={shlex.quote(value)}")


def _command(name: str) -> Callable[[Sequence[str], Mapping[str, str]], None]:
    def become(arguments: Sequence[str], found: Mapping[str, str]) -> None:
        program = [sys.executable, "-m", f"flex_template.{name}", *_PLACES[name], *arguments]
        os.execve(sys.executable, program, {**os.environ, **found})  # noqa: S606 - no shell is wanted

    return become


COMMANDS = {"query": _query, "environment": _export} | {name: _command(name) for name in _PLACES}


def main() -> None:
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        sys.exit(f"usage: python -m local.running {'|'.join(sorted(COMMANDS))} …")
    try:
        COMMANDS[name](arguments, environment())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
