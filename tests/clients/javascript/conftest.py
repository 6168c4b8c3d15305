"""Node, where it is installed: the package's own language."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.javascript.verdicts import ClientVerdicts
from tests.machine import missing

PACKAGE = Path(__file__).parents[3] / "clients" / "javascript"


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        missing("not on PATH: node (Debian packages nodejs and npm)")
    return found


@pytest.fixture(scope="session")
def development_tools(node: str) -> Path:  # noqa: ARG001 - no tools without node
    """The folder of the package's pinned development tools."""
    tools = PACKAGE / "node_modules"
    if not (tools / "ajv").is_dir():
        missing("the client's development tools are not there: make client")
    return tools


@pytest.fixture(scope="module")
def client_verdicts(node: str) -> Iterator[ClientVerdicts]:
    with ClientVerdicts(node) as verdicts:
        yield verdicts
