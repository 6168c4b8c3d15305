"""What the commands of this package share: help that shows defaults, and a word on misspellings."""

import argparse
import difflib
from collections.abc import Collection, Sequence

_SIMILARITY = 0.75  # below it, two names of options have little more than a word in common


class ShowDefaults(argparse.HelpFormatter):
    """Adds the default to each help text that does not tell it itself."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help
        if (
            text
            and "Default:" not in text
            and action.default not in (None, False, argparse.SUPPRESS)
        ):
            return f"{text} Default: %(default)s."
        return text


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
