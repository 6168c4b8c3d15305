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
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from local import names
from local.process import ROOT, accepts, make_folder

if TYPE_CHECKING:  # what it imports takes longer than a command here
    from local.stack import Stack

FOLDER = ROOT / ".cache" / "running"  # has a folder for each stack, named by the edge's port
_FILE = "environment.json"
_PROGRAMS = {
    "erase": (
        "flex_template.erase",
        f"--events_table={names.EVENTS}",
        f"--dead_letter_table={names.DEAD_LETTERS}",
    ),
    "query": ("local.query",),
    "replay": (
        "flex_template.replay",
        f"--dead_letter_table={names.DEAD_LETTERS}",
        f"--topic={names.TOPIC}",
    ),
    "trace": (
        "flex_template.trace",
        f"--events_table={names.EVENTS}",
        f"--dead_letter_table={names.DEAD_LETTERS}",
    ),
}


@contextmanager
def announced(stack: "Stack", console_url: str) -> Iterator[None]:
    """Tell commands in other processes of the stack, until the block ends."""
    for left in set(_announced()) - set(_alive()):
        shutil.rmtree(left, ignore_errors=True)  # of a stack that was killed
    folder = FOLDER / stack.url.rpartition(":")[2]
    make_folder(folder)
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


def _environment(stack: "Stack", console_url: str, folder: Path) -> dict[str, str]:
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


def _export(_: Sequence[str], found: Mapping[str, str]) -> None:
    for name, value in found.items():
        print(f"export {name}={shlex.quote(value)}")


def _command(name: str) -> Callable[[Sequence[str], Mapping[str, str]], None]:
    def become(arguments: Sequence[str], found: Mapping[str, str]) -> None:
        program = [sys.executable, "-m", *_PROGRAMS[name], *arguments]
        os.execve(sys.executable, program, {**os.environ, **found})  # noqa: S606 - no shell is wanted

    return become


COMMANDS = {"environment": _export} | {name: _command(name) for name in _PROGRAMS}


def main() -> None:
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        sys.exit(f"usage: python -m local.running {'|'.join(sorted(COMMANDS))} …")
    COMMANDS[name](arguments, environment())


if __name__ == "__main__":
    main()
