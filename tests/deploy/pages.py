"""The commands of a page of docs/, as they stand there, under the heading they belong to."""

import re
from itertools import chain

from tests.deploy.project import REPOSITORY

# Lines of a block that no rehearsal can run, and why.
ELSEWHERE = {
    "gcloud auth login": "opens a browser",
    "make install": "asks the package index; the tests run in what it made",
}
_PART = re.compile(r"^#+ ([^\n]+)$|^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def sections(page: str) -> dict[str, list[str]]:
    """The blocks of shell commands under each heading that has some, in the page's order."""
    found: dict[str, list[str]] = {}
    title = ""
    for part in _PART.finditer((REPOSITORY / "docs" / page).read_text()):
        if part[1]:
            title = part[1]
        else:
            found.setdefault(title, []).append(_without_elsewhere(part[2]))
    return found


def blocks(page: str) -> list[str]:
    """All of the page's blocks, in its order."""
    return list(chain.from_iterable(sections(page).values()))


def _without_elsewhere(block: str) -> str:
    kept = (line for line in block.splitlines() if not line.startswith(tuple(ELSEWHERE)))
    return "\n".join(kept)
