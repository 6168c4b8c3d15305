"""What a rehearsal needs on the machine; only CI must have it all."""

import os
import shutil
from typing import NoReturn

import pytest

_SOURCES = {
    "bq": "the Google Cloud CLI",
    "gcloud": "the Google Cloud CLI",
    "java": "a Java runtime",
    "shellcheck": "the package shellcheck",
}


def require(*tools: str) -> None:
    """Skip the test, or fail it in CI, unless every tool is on PATH."""
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        sources = sorted({_SOURCES[tool] for tool in absent})
        missing(f"{', '.join(absent)} not on PATH: install {' and '.join(sources)}")


def missing(reason: str) -> NoReturn:
    """Skip the test with `reason`, or fail it in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
