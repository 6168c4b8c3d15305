"""What a rehearsal needs on the machine, and how to get it; only CI must have it all."""

import os
import shutil

import pytest

_SOURCES = {
    "buildah": "Debian package buildah",
    "chroot": "a shell of the root user, whose PATH has /usr/sbin",
    "debootstrap": "Debian package debootstrap",
    "gcloud": "Google Cloud CLI, https://cloud.google.com/sdk/docs/install",
    "shellcheck": "Debian package shellcheck",
}


def require(*tools: str) -> None:
    """Skip the test, or fail it in CI, unless every tool is on PATH."""
    absent = [f"{tool} ({_SOURCES[tool]})" for tool in tools if shutil.which(tool) is None]
    if absent:
        missing(f"not found: {', '.join(absent)}")


def missing(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
