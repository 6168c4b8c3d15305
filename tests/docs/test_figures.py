"""The figures on the pages are those of the results' file."""

from pathlib import Path

import pytest

from benchmarks.one_machine.pages import pages


@pytest.mark.parametrize(
    ("page", "text"), [pytest.param(*each, id=each[0].name) for each in pages()]
)
def test_the_page_quotes_the_last_results(page: Path, text: str) -> None:
    """Otherwise run `python -m benchmarks.one_machine.pages`."""
    assert page.read_text() == text
