"""Each row of `docs/faults.md` names a test that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "faults.md").read_text().splitlines()
    if line.startswith("|") and not re.match(r"\| fault|\|---", line)
]


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_each_fault_names_its_test(row: str) -> None:
    file, name = re.findall(r"`([\w/]+\.py)::(test_\w+)` \|$", row)[0]
    assert name in names_in(ROOT / "tests" / file)


def test_the_matrix_has_rows() -> None:
    assert len(ROWS) > 25
