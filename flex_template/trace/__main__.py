r"""Tell one event's story: request, message, row or dead letters, replays.

    python -m flex_template.trace --events_table=my-project.aegis.events \
        --dead_letter_table=my-project.aegis.dead_letters 0193a5c2-7f3e-7d10-9a4b-2c6f8e1d0b35

The id is an event's, a request's (the edge answers it as `X-Request-Id`), a message's or a dead
letter's. No payload and no user id is printed.
"""

import argparse
import logging
import sys
from collections.abc import Sequence

from flex_template.start import command_imports

with command_imports(__name__):
    from flex_template.bigquery.client import check_table, connect
    from flex_template.bigquery.table_name import TableName
    from flex_template.command_line import ShowDefaults, clear_ends, table
    from flex_template.trace.story import Moment, Tables, story

logger = logging.getLogger(__name__)


def run(arguments: Sequence[str]) -> None:
    """Print what the tables know.

    Raises:
        SystemExit: none of them knows the id, or one cannot be read.
    """
    options = _parser().parse_args(arguments)
    tables = _tables(options)
    with connect(tables.events) as client:
        for name, each in tables._asdict().items():
            check_table(client, each, name)
        found = story(client, tables, options.id)
    if not found:
        sys.exit(f"nothing is known of {options.id!r}; what was published just now may still come")
    for moment in found:
        logger.info("%s", _line(moment))


def _line(moment: Moment) -> str:
    at = moment.at.isoformat(timespec="milliseconds") if moment.at else "at some time"
    text = f"{at:29}  {moment.what:28}  {moment.detail}"
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _tables(options: argparse.Namespace) -> Tables:
    dead_letters = TableName.parse(options.dead_letter_table)
    replays = options.replays_table or str(dead_letters.beside("replays"))
    return Tables(options.events_table, str(dead_letters), replays)


def _parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m flex_template.trace",
        allow_abbrev=False,
        formatter_class=ShowDefaults,
        description="Tell what became of one event.",
    )
    result.add_argument("id", help="An event's, request's, message's or dead letter's id.")
    for name in ("events", "dead_letter"):
        result.add_argument(
            f"--{name}_table", type=table, required=True, help="Table, project.dataset.table."
        )
    result.add_argument(
        "--replays_table", type=table, help="Default: replays in the dataset of dead letters."
    )
    return result


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    with clear_ends():
        run(sys.argv[1:])
