"""What is generated from the schemas is in the repository, so that it must be kept true."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.javascript.conftest import PACKAGE

ROOT = PACKAGE.parents[1]
IMPORTED = re.compile(r'^(?:import|export) .*? from "([^"]+)"', re.MULTILINE)


def run(*command: str | Path, cwd: Path = PACKAGE) -> None:
    finished = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_the_rules_are_the_servers() -> None:
    run(sys.executable, "-m", "clients.javascript.scripts.rules", "--check", cwd=ROOT)


def test_validators_and_types_are_the_schemas(node: str, development_tools: Path) -> None:
    assert development_tools.is_dir()
    run(node, "scripts/generate.mjs", "--check")


def test_the_sources_keep_to_their_types(node: str, development_tools: Path) -> None:
    run(node, development_tools / "typescript" / "bin" / "tsc", "--project", "tsconfig.json")


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("src/**/*.d.ts")), ids=lambda path: path.name)
def test_no_public_type_is_any(path: Path) -> None:
    assert re.findall(r"\bany\b(?=\s*[;,)>\[|&=}])", path.read_text()) == []


def test_the_package_needs_nothing_at_run_time() -> None:
    manifest = json.loads((PACKAGE / "package.json").read_bytes())
    assert manifest.keys().isdisjoint({"dependencies", "peerDependencies", "optionalDependencies"})
    imports = {
        found
        for path in PACKAGE.glob("src/**/*.js")
        for found in IMPORTED.findall(path.read_text())
    }
    assert all(name.startswith(".") for name in imports)


def test_nothing_is_compiled_in_the_browser() -> None:
    sources = [path.read_text() for path in PACKAGE.glob("src/**/*.js")]
    assert not any(re.search(r"\beval\(|new Function\b|\brequire\(", source) for source in sources)


def test_versions_of_development_tools_are_exact() -> None:
    tools = json.loads((PACKAGE / "package.json").read_bytes())["devDependencies"]
    assert [version for version in tools.values() if not re.fullmatch(r"[0-9.]+", version)] == []
