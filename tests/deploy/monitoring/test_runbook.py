"""The runbook has an entry for whatever can wake somebody up, and for nothing else."""

import re

from ingest_function.http.problem import ProblemCode
from schemas import ErrorCode
from tests.deploy.project import REPOSITORY

RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text()


def section(title: str) -> str:
    """The text under a second-level heading, up to the next one."""
    return RUNBOOK.split(f"\n## {title}\n")[1].split("\n## ")[0]


def entries(title: str) -> list[str]:
    return re.findall(r"^### (\w+)$", section(title), re.MULTILINE)


def test_each_alert_has_an_entry() -> None:
    alerts = {path.stem for path in REPOSITORY.glob("deploy/monitoring/alerts/*.json")}
    assert sorted(entries("Alerts")) == sorted(alerts)


def test_each_error_code_of_a_dead_letter_has_an_entry() -> None:
    assert entries("Error codes of dead letters") == [code.value for code in ErrorCode]


def test_each_problem_code_of_the_edge_has_a_line() -> None:
    codes = re.findall(r"^\| `(\w+)` \|", section("Problem codes of the edge"), re.MULTILINE)
    assert codes == [code.value for code in ProblemCode]


def test_every_entry_says_what_to_do() -> None:
    for title in ("Alerts", "Error codes of dead letters"):
        for entry in section(title).split("\n### ")[1:]:
            assert "**Do:**" in entry, entry.splitlines()[0]
