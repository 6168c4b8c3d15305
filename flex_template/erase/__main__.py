r"""Delete what is stored about one user: events, and the dead letters that hold the user's id.

    python -m flex_template.erase --user_id=- --execute \
        --events_table=my-project.aegis.events \
        --dead_letter_table=my-project.aegis.dead_letters <user_id.txt

Without `--execute` it only counts. With `USER_ID_HMAC_KEY` set as at the edge, the id is looked
for in both forms, as it is and pseudonymised. It is never printed; given as `-` it is read from
standard input, so that the list of processes does not show it either.

A dead letter is the user's if its payload's `user_id` is the id; where the payload has no readable
`user_id` (not JSON, not UTF-8, an array, too large), if the id occurs anywhere in its bytes; and
in any case if the id occurs in its attributes. A short id may occur by chance: look at the counts
first.

Limits, all BigQuery's: rows written by `--write_method=STREAMING_INSERTS` cannot be deleted for up
to 90 minutes, those of the default method can; deleted rows can be read by time travel for up to
seven days; and the history of jobs keeps the parameters of these queries. Messages still in Pub/Sub
arrive later. So the command counts what is left, ends with exit code 1 if there is anything, and
should be run again after the subscription's retention.
"""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence

from flex_template.start import command_imports

with command_imports(__name__):
    from flex_template.bigquery import client as bigquery_client
    from flex_template.bigquery.client import check_table
    from flex_template.command_line import ShowDefaults, clear_ends, table
    from flex_template.erase.user_rows import UserRows, rows_of_user

logger = logging.getLogger(__name__)


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Count the user's rows and, with `--execute`, delete them and count again.

    Raises:
        SystemExit: rows are left, or the command line cannot work; the message says why.
    """
    options = _parser().parse_args(arguments)
    key = environment.get(options.hmac_key_env, "").encode()
    if not key:
        logger.warning("%s is not set: looking for the plain id only", options.hmac_key_env)
    user_id = _user_id(options.user_id)
    events_table, dead_letter_table = options.events_table, options.dead_letter_table
    with bigquery_client.connect(events_table) as client:
        check_table(client, events_table, "events")
        check_table(client, dead_letter_table, "dead_letters")
        found = rows_of_user(client, events_table, dead_letter_table, user_id, key)
        _erase(found, execute=options.execute)


def _erase(found: Sequence[UserRows], *, execute: bool) -> None:
    for rows in found:
        logger.info("%s: %d rows found", rows.table, rows.count())
    if not execute:
        logger.info("nothing deleted: --execute deletes them")
        return
    for rows in found:
        rows.delete()
    left = {rows.table: rows.count() for rows in found}
    for table_name, count in left.items():
        logger.info("%s: %d rows left", table_name, count)
    if any(left.values()):
        sys.exit("rows are left: run again in 90 minutes")


def _user_id(option: str) -> str:
    user_id = sys.stdin.readline().rstrip("\r\n") if option == "-" else option
    if not user_id:
        sys.exit("the user id is empty: that would find every row")
    return user_id


def _parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m flex_template.erase",
        allow_abbrev=False,
        formatter_class=ShowDefaults,
        description="Delete one user's events and dead letters; only counts without --execute.",
    )
    result.add_argument(
        "--user_id",
        required=True,
        help="The id as the client sends it, or as it is stored; - reads a line of standard input.",
    )
    for name in ("events", "dead_letter"):
        result.add_argument(
            f"--{name}_table", type=table, required=True, help="Table, project.dataset.table."
        )
    result.add_argument(
        "--hmac_key_env",
        default="USER_ID_HMAC_KEY",
        help="Environment variable with the key that pseudonymises ids at the edge; ids are looked "
        "for in plain only if it is not set. Default: USER_ID_HMAC_KEY.",
    )
    result.add_argument("--execute", action="store_true", help="Delete what is found.")
    return result


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    with clear_ends():
        run(sys.argv[1:], os.environ)
