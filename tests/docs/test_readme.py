"""The README says what the code does."""

import re
from itertools import chain
from pathlib import Path

import pytest

from flex_template.options import parser
from schemas import DEFAULT_AGE_DAYS, ErrorCode, stage_of, versions
from schemas.evolution.generate import outdated

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)`", text, flags=re.MULTILINE)


def test_every_option_of_the_pipeline_is_in_the_table_and_no_other() -> None:
    options = [action.option_strings[0] for action in parser({})._actions[1:]]
    assert sorted(first_cells(section("The pipeline's options"))) == sorted(options)


def test_every_page_tells_the_one_default_age_of_an_event() -> None:
    row = re.compile(r"^\| `(?:--)?max_event_age_days` .*$", re.IGNORECASE | re.MULTILINE)
    rows = list(chain.from_iterable(row.findall(page.read_text()) for page in PAGES))
    assert len(rows) >= 5
    assert {number for each in rows for number in re.findall(r"\d+", each)} == {
        str(DEFAULT_AGE_DAYS)
    }
    for version in versions().values():
        assert not re.search(r"\d+ days", version.properties["timestamp"]["description"])


def test_every_error_code_is_listed_under_its_stage() -> None:
    rows = re.findall(r"^\| (\w+) \| (`.+`) \|$", section("Dead letters"), flags=re.MULTILINE)
    listed = {(stage, code) for stage, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    assert listed == {(stage_of(code).value, code.value) for code in ErrorCode}


def test_what_repeats_the_event_schema_is_up_to_date() -> None:
    assert [path.name for path, _ in outdated()] == []


def test_the_event_table_names_the_fields_of_the_newest_version_in_their_order() -> None:
    newest = versions()[max(versions())]
    fields = [name for name in first_cells(section("The event")) if "." not in name]
    assert fields == list(newest.properties)


def test_every_make_target_in_the_text_exists() -> None:
    rules = re.findall(r"^([a-z -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    targets = set(" ".join(rules).split())
    named = set(re.findall(r"\bmake ([a-z-]+)(?=[`\s,])", README))
    assert named
    assert named - {"bench"} <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = chain(
        re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text()),
        re.findall(r'(?:src|srcset)="(?!https?:)([^"]+)"', page.read_text()),
    )
    broken = [link for link in links if not (page.parent / link).exists()]
    assert not broken
