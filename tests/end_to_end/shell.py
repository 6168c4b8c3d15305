"""A shell that stays, and the commands of a page with what it says they print."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Self

_FENCE = re.compile(r"^( *)```(sh|text)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_END = "=== the block has ended ==="


class Step(NamedTuple):
    """One block of commands, and the lines that must be in its output."""

    commands: str
    printed: list[str]


def steps(page: str) -> Iterator[Step]:
    """The `sh` blocks of a page in Markdown, each with the `text` block that follows it."""
    blocks = [(kind, _dedent(text, indent)) for indent, kind, text in _FENCE.findall(page)]
    following = [*blocks[1:], ("", "")]
    for (kind, text), (next_kind, printed) in zip(blocks, following, strict=True):
        if kind == "sh":
            yield Step(text, printed.splitlines() if next_kind == "text" else [])


def _dedent(text: str, indent: str) -> str:
    return re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)


def absent(lines: list[str], output: str) -> list[str]:
    """Those of `lines` that `output` does not hold, where `…` stands for anything on the line."""
    patterns = (".*".join(map(re.escape, line.strip().split("…"))) for line in lines)
    return [pattern for pattern in patterns if not re.search(pattern, output)]


class Shell:
    """bash, with its variables kept from one block to the next."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, commands: str) -> str:
        """All that the commands print."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{commands}\necho; echo '{_END}'\n")
        self._bash.stdin.flush()
        lines = iter(self._bash.stdout.readline, f"{_END}\n")
        return "".join(line for line in lines if line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bash.kill()
        self._bash.communicate()
