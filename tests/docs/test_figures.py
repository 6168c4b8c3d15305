"""The figures on the pages are those of the results' files."""

from pathlib import Path

import pytest

from benchmarks import costs
from benchmarks.edge import pages as edge
from benchmarks.one_machine import pages as one_machine
from benchmarks.pipeline import pages as pipeline

ALL = [*edge.pages(), *one_machine.pages(), *pipeline.pages(), *costs.pages()]


@pytest.mark.parametrize(("page", "text"), ALL, ids=lambda each: getattr(each, "name", ""))
def test_the_page_quotes_the_last_results(page: Path, text: str) -> None:
    """Otherwise run `python -m benchmarks.edge.pages`, or the same of another benchmark."""
    assert page.read_text() == text
