"""What a test needs on the machine, and how to get it; only CI must have it all."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from local.pubsub.google_emulator import EmulatorMissing, emulator_command

ROOT = Path(__file__).parents[1]
_SOURCES = {
    "bq": "Google Cloud CLI, https://cloud.google.com/sdk/docs/install",
    "buildah": "Debian package buildah",
    "chroot": "a shell of the root user, whose PATH has /usr/sbin",
    "curl": "Debian package curl",
    "debootstrap": "Debian package debootstrap",
    "gcloud": "Google Cloud CLI, https://cloud.google.com/sdk/docs/install",
    "java": "Debian package default-jre-headless",
    "node": "Debian package nodejs",
    "promtool": "Debian package prometheus",
    "ps": "Debian package procps",
    "shellcheck": "Debian package shellcheck",
    "systemd-analyze": "Debian package systemd",
}


def require(*tools: str) -> None:
    """Skip the test, or fail it in CI, unless every tool is on PATH."""
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        sources = ", ".join(f"{tool} ({_SOURCES[tool]})" for tool in absent)
        missing(f"not on PATH: {sources}", excused=set(absent) <= _excused())


def missing(reason: str, *, excused: bool = False) -> NoReturn:
    """Skip the test with `reason`, or fail it in CI unless it is `excused`."""
    if os.environ.get("CI") == "true" and not excused:
        pytest.fail(reason)
    pytest.skip(reason)


def _excused() -> set[str]:
    """The tools that `.ci/run` cannot get on this machine, and says so."""
    return set(os.environ.get("CI_WITHOUT", "").split())


def pubsub_emulator(port: int) -> Sequence[str]:
    """The command that starts Google's Pub/Sub emulator."""
    try:
        return emulator_command(port)
    except EmulatorMissing as reason:
        excused = "gcloud" in _excused() and shutil.which("java") is not None
        missing(f"Google's Pub/Sub emulator: {reason}", excused=excused)
