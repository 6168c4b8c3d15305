"""The image holds all that the console needs: what its Dockerfile copies, and its pins."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.machine import ROOT

DOCKERFILE = (ROOT / "console/Dockerfile").read_text()
PINS = (ROOT / "console/requirements.txt").read_text()
SETTINGS = {
    "GCP_PROJECT_ID": "aegis-test",
    "PUB_SUB_TOPIC_ID": "events",
    "BIGQUERY_DATASET_ID": "aegis",
    "BIGQUERY_TABLE_ID": "events",
    "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1",
    "CONSOLE_ACCESS": "loopback",
}
# Refuses to import what the image has not, then asks for a page and for a file.
PROGRAM = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in sys.argv:
            raise ModuleNotFoundError(f"not in the image: {name}")

sys.meta_path.insert(0, Absent())
import console.__main__
client = console.app.create_app().test_client()
print([client.get(path).status_code for path in ("/erase", "/static/style.css")])
"""


def absent_modules() -> set[str]:
    """Top-level modules of this environment that no pin of the console installs."""
    pinned = {_normal(name) for name in re.findall(r"^([\w.-]+)(?:\[\S+\])?==", PINS, re.MULTILINE)}
    installed = packages_distributions().items()
    return {top for top, owners in installed if not pinned & {_normal(each) for each in owners}}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_console_starts_with_what_its_image_holds(tmp_path: Path) -> None:
    folders = re.findall(r"^COPY (\w+)/ \1/$", DOCKERFILE, re.MULTILINE)
    for folder in folders:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    absent = sorted(absent_modules())
    assert "apache_beam" in absent
    program = [sys.executable, "-c", PROGRAM, *absent]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), **SETTINGS}
    done = subprocess.run(
        program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["[200, 200]"], done.stderr


def test_the_image_installs_by_hash_and_runs_as_nobody() -> None:
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    assert DOCKERFILE.index("USER nobody") < DOCKERFILE.index("CMD")
    (command,) = re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)
    assert json.loads(command) == ["python", "-m", "console"]


@pytest.mark.parametrize("folder", ["schemas", "flex_template", "console"])
def test_the_builds_context_holds_what_is_copied(folder: str) -> None:
    assert f"!{folder}\n" in (ROOT / ".dockerignore").read_text()
