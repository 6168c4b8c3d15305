"""For the programs of this folder: the docstring of each says how it is called."""

import sys


def answer_help(docstring: str | None) -> None:
    """End the program with its docstring, if its first argument asks for help.

    Raises:
        SystemExit: it does.
    """
    if sys.argv[1:2] in (["--help"], ["-h"]):
        print(docstring)
        raise SystemExit
