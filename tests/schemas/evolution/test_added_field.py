"""Adding a field is one schema file, its examples, and what two commands write."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from schemas import versions
from tests.clients.javascript.conftest import PACKAGE
from tests.machine import ROOT

NEWEST = max(versions())
NEXT = NEWEST + 1
DEVICE = {
    "description": "Kind of device.",
    "$ref": "#/$defs/slug",
    "type": ["string", "null"],
    "x-column": {"type": "STRING", "description": "Kind of device, a slug."},
    "x-privacy": {"class": "technical", "action": "keep", "purpose": "Compares devices."},
}
EXAMPLE = {
    "schema_version": NEXT,
    "user_id": "user-1",
    "timestamp": "2026-11-01T12:00:00Z",
    "signal_type": "page_view",
    "source_platform": "web",
    "device": "phone",
}
FOLDERS = ("schemas", "clients", "ingest_function", "flex_template", "local", "tests", "docs")
BY_HAND = {
    f"schemas/event.v{NEXT}.schema.json",
    "tests/golden/events/device.pass.json",
}
WRITTEN = {
    "README.md",
    "clients/javascript/src/generated/events.d.ts",
    "clients/javascript/src/generated/rules.js",
    "clients/javascript/src/generated/validators.js",
    "docs/privacy.md",
    "schemas/events.table.json",
    "schemas/openapi.yaml",
}
STORED = """
import json, sys
from schemas import event_columns, now_micros, parse, validate
event = validate(parse(sys.stdin.buffer.read()), now=now_micros())
print(event.fields["device"], event_columns()[-1].name)
"""


@pytest.fixture
def copy(tmp_path: Path, development_tools: Path) -> Path:
    """What the recipe reads and writes, in a repository of its own."""
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("README.md", "pyproject.toml", ".gitignore"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "clients/javascript/node_modules").symlink_to(development_tools)
    run("git", "init", "--quiet", folder=tmp_path)
    run("git", "add", "--all", folder=tmp_path)
    return tmp_path


def run(*command: str, folder: Path, stdin: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_the_commit_of_a_new_field(copy: Path, node: str) -> None:
    schema = json.loads((copy / f"schemas/event.v{NEWEST}.schema.json").read_bytes())
    schema["$id"] = schema["$id"].replace(f"v{NEWEST}", f"v{NEXT}")
    schema["title"] = schema["title"].replace(str(NEWEST), str(NEXT))
    schema["properties"]["schema_version"]["const"] = NEXT
    schema["properties"]["device"] = DEVICE
    for name, content in zip(sorted(BY_HAND), (schema, EXAMPLE), strict=True):
        (copy / name).write_text(json.dumps(content))

    # `make schema client`
    run(sys.executable, "-m", "schemas", "generate", folder=copy)
    run(sys.executable, "-m", "clients.javascript.scripts.rules", folder=copy)
    run(node, "scripts/generate.mjs", folder=copy / PACKAGE.relative_to(ROOT))

    changed = run("git", "status", "--porcelain", folder=copy).splitlines()
    names = {line[3:] for line in changed if line[1] in "M?"}
    assert names - {"clients/javascript/node_modules"} == BY_HAND | WRITTEN
    assert run(sys.executable, "-m", "schemas", "check", folder=copy).splitlines() == [
        f"event.v{NEXT}.schema.json: compatible with version {NEWEST}",
        "  new column: device STRING",
    ]
    stored = run(sys.executable, "-c", STORED, folder=copy, stdin=json.dumps(EXAMPLE))
    assert stored == "phone device\n"
    assert f"`device` | slug or null | no | {NEXT} |" in (copy / "README.md").read_text()
    golden = ("tests/schemas/test_golden_examples.py", "-k", "device")
    run(sys.executable, "-m", "pytest", "-n0", *golden, folder=copy)
