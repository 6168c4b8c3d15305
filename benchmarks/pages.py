"""The figures that pages quote from a benchmark's file of results.

A figure stands between `<!-- BENCHMARK:NAME -->` and `<!-- end -->`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_MEASURED = "not measured yet"

Page = tuple[Path, str]


def filled(
    benchmark: str, figures: Mapping[str, Callable[[], str]], files: Iterable[str]
) -> list[Page]:
    """Each of the files, which are named from the root, and what it must say.

    Raises:
        ValueError: a file quotes no figure.
    """
    place = re.compile(rf"(<!-- {benchmark}:([a-z-]+) -->)(.*?)(<!-- end -->)", re.DOTALL)

    def shown(found: re.Match[str]) -> str:
        begin, name, _, end = found.groups()
        return begin + figures[name]() + end

    pages = []
    for file in files:
        text, figures_found = place.subn(shown, (ROOT / file).read_text())
        if not figures_found:
            raise ValueError(f"{file} quotes no figure of {benchmark}")
        pages.append((ROOT / file, text))
    return pages


def write(pages: Iterable[Page]) -> None:
    """Bring them up to date."""
    for page, text in pages:
        page.write_text(text)


def table(headings: str, rows: Iterable[Iterable[str]]) -> str:
    """In Markdown; `headings` has a bar between its columns and at its end."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return f"\n\n{NOT_MEASURED}\n\n"
    rule = "|---" * headings.count("|") + "|"
    return "\n\n" + "\n".join([f"| {headings}", rule, *lines]) + "\n\n"
