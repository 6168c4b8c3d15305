"""The tree stays one that a newcomer can hold in mind."""

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import SLOW
from tests.machine import ROOT

MAX_FILES = 15
SOURCE = {".py", ".sh", ".js", ".mjs", ".ts", ".html", ".sql", ".tf"}
# What is installed, built or written down as data lies in these.
NOT_OURS = {".venv", ".cache", ".git", "node_modules", "build", "golden"}
PACKAGES = ("schemas", "ingest_function", "flex_template", "console", "local", "aegis_micro")


def test_no_folder_holds_more_files_than_a_page_shows() -> None:
    counted = Counter(path.parent for path in source_files(ROOT) if path.name != "__init__.py")
    assert {str(folder): n for folder, n in counted.items() if n > MAX_FILES} == {}


def test_no_import_leads_back_to_where_it_began() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in PACKAGES
        for path in source_files(ROOT / package)
        if path.suffix == ".py"
    }
    graph = {name: set(imported(path)) & set(modules) for name, path in modules.items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, and names the circle
    assert len(order) == len(modules)


@pytest.mark.parametrize("place", SLOW)
def test_what_the_fast_target_leaves_out_is_there(place: str) -> None:
    assert (ROOT / "tests" / place).exists()


def source_files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in NOT_OURS:
            yield from source_files(path)
        elif path.suffix in SOURCE:
            yield path


def imported(path: Path) -> Iterator[str]:
    """The modules that a file names, also those it imports from a package as a name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
