"""A fresh extension, made as the package's README says: its commands and its files."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.examples.extension.browser import EXTENSION
from tests.machine import ROOT

PACKAGE = ROOT / "clients" / "javascript"
_BLOCK = re.compile(r"^ *```(?P<language>\w+)\n(?P<text>.*?)^ *```", re.DOTALL | re.MULTILINE)


def make_extension(
    folder: Path, endpoint: str, api_key: str, *, serve: str = "serve(client)", **manifest: Any
) -> Path:
    """Follow "Five minutes from `npm install` to the first row" in `folder`.

    The manifest gets the key that gives the extension its id, and `manifest`; `serve` takes the
    place of README's call.
    """
    command, written, background = _blocks()
    folder.mkdir()
    run_offline(command, folder)
    key = json.loads((EXTENSION / "manifest.json").read_bytes())["key"]
    edited = json.loads(written) | {"key": key} | manifest
    (folder / "manifest.json").write_text(json.dumps(edited))
    for old, new in (
        ("http://127.0.0.1:8080/v1/events", endpoint),
        ("…", api_key),
        ("serve(client)", serve),
    ):
        assert background.count(old) == 1
        background = background.replace(old, new)
    (folder / "background.js").write_text(background)
    (folder / "popup.html").write_text("<!doctype html><title>Fresh</title>")
    return folder


def run_offline(command: str, folder: Path) -> None:
    """Run README's commands with an npm that may ask no registry: the package needs none."""
    environment = {**os.environ, "AEGIS": str(ROOT), "npm_config_offline": "true"}
    environment |= {"npm_config_cache": str(folder / ".npm"), "npm_config_audit": "false"}
    ended = subprocess.run(
        ["/bin/sh", "-euc", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def _blocks() -> tuple[str, str, str]:
    """The commands, `manifest.json` and `background.js` of README's first section."""
    section = (PACKAGE / "README.md").read_text().split("\n## ")[1]
    assert section.startswith("Five minutes from `npm install` to the first row\n")
    found = {match["language"]: match["text"] for match in _BLOCK.finditer(section)}
    return found["sh"], found["json"], found["js"]
