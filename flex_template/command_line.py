"""What the commands of this package share: types of arguments, help, and how they end."""

import argparse
import difflib
import math
import re
import signal
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from google.api_core.exceptions import GoogleAPIError, RetryError
from google.auth.exceptions import GoogleAuthError

from flex_template.bigquery import table_name
from flex_template.bigquery.table_name import TableName

_SIMILARITY = 0.75  # below it, two names of options have little more than a word in common
MAX_DIGITS = 9  # of a whole number: more would be a slip
MAX_PORT = 65_535
# "Streaming into partitioned tables": ten years back.
# https://cloud.google.com/bigquery/docs/streaming-data-into-bigquery
MAX_AGE_DAYS = 3650

# https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names, and "Project IDs":
# https://cloud.google.com/resource-manager/docs/creating-managing-projects
_PROJECT = r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
_RESOURCE = r"[A-Za-z][A-Za-z0-9._~+%-]{2,254}"
PATTERNS = {
    "input_subscription": rf"^projects/{_PROJECT}/subscriptions/{_RESOURCE}$",
    "input_topic": rf"^projects/{_PROJECT}/topics/{_RESOURCE}$",
    "table": table_name.PATTERN,
}


def matching(name: str, example: str) -> type:
    """An argparse type that takes what `PATTERNS[name]` matches and shows `example` otherwise."""

    def check(text: str) -> str:
        if not re.fullmatch(PATTERNS[name], text):
            raise argparse.ArgumentTypeError(f"{text!r} is malformed; example: {example}")
        return text

    return check  # type: ignore[return-value]  # argparse takes any callable


subscription = matching("input_subscription", "projects/my-project/subscriptions/events-pipeline")
topic = matching("input_topic", "projects/my-project/topics/events")


def table(text: str) -> str:
    """An argparse type for a table, which gives its name with dots."""
    try:
        return str(TableName.parse(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive(maximum: float, example: str) -> type:
    """An argparse type for numbers above 0 and up to `maximum`."""

    def check(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 < value <= maximum:
            message = f"{text!r} is not a number in (0, {maximum:g}]; example: {example}"
            raise argparse.ArgumentTypeError(message)
        return value

    return check  # type: ignore[return-value]  # argparse takes any callable


def positive_integer(text: str) -> int:
    """An argparse type for whole numbers from 1."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number; example: 1000")
    return int(text)


def is_port(text: str) -> bool:
    """Whether it is a port's number, or 0, which stands for any that is free."""
    return text.isascii() and text.isdigit() and int(text[:MAX_DIGITS]) <= MAX_PORT


def port(text: str) -> int:
    """An argparse type for what `is_port` takes."""
    if not is_port(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 0 to {MAX_PORT}")
    return int(text)


class ShowDefaults(argparse.HelpFormatter):
    """Adds the default to each help text that does not tell it itself."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help
        if not text or "Default:" in text or action.default in (None, False, argparse.SUPPRESS):
            return text
        is_number = isinstance(action.default, float)
        return f"{text} Default: %(default){'g' if is_number else 's'}."


@contextmanager
def clear_ends() -> Iterator[None]:
    """End a command without a traceback for what is no fault of the program.

    Raises:
        SystemExit: 130 after Ctrl-C; with a line, where Google's services or the credentials fail.
    """
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except RetryError as error:
        sys.exit(f"stopped: no answer in time: {error.cause}")
    except (GoogleAPIError, GoogleAuthError) as error:
        sys.exit(f"stopped: {error}")


def refuse_misspelt(
    command: argparse.ArgumentParser, arguments: Sequence[str], known: Collection[str]
) -> None:
    """End the command if one of `arguments`, which it does not know, looks like one that it knows.

    `known` are the options, without hyphens, that others take from `arguments`.

    Raises:
        SystemExit: argparse has printed the nearest name.
    """
    ours = [name for action in command._actions for name in action.option_strings]  # noqa: SLF001
    for argument in arguments:
        name = argument.partition("=")[0]
        if not name.startswith("--") or name.removeprefix("--") in known:
            continue
        nearest = difflib.get_close_matches(name, ours, n=1, cutoff=_SIMILARITY)
        if nearest:
            command.error(f"unknown option {name}: do you mean {nearest[0]}?")
