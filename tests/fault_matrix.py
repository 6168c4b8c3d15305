"""At the end of a whole run: each test that `docs/faults.md` names has run and passed.

A plugin of pytest, which `tests/conftest.py` registers.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import pytest

from tests.machine import ROOT

_GROUP = re.compile(r"(\[.*|@.*)$", re.DOTALL)  # a parameter, and the group that pytest-xdist adds


class Verdict(NamedTuple):
    """Named tests that did not pass, and those that said what they lack on this machine."""

    unproved: list[str]
    skipped: list[str]


def named_tests() -> list[str]:
    """`tests/file.py::test_name` of each row."""
    rows = (ROOT / "docs" / "faults.md").read_text()
    found = re.findall(r"`([\w/]+\.py::test_\w+)` \|$", rows, re.MULTILINE)
    table = [line for line in rows.splitlines() if re.match(r"\|(?! fault|---)", line)]
    assert len(found) == len(table), "a row of docs/faults.md does not end with its test"
    return [f"tests/{name}" for name in found]


def verdict(named: Sequence[str], outcomes: Mapping[str, Collection[str]]) -> Verdict:
    """What `outcomes` (of each test: passed, failed, skipped) say about the named tests."""
    skipped = [name for name in named if set(outcomes.get(name, ())) == {"skipped"}]
    held = [name for name in named if "passed" in outcomes.get(name, ())]
    failed = [name for name in named if "failed" in outcomes.get(name, ())]
    proved = (set(held) | set(skipped)) - set(failed)
    return Verdict([name for name in named if name not in proved], skipped)


class FaultMatrix:
    """Collects outcomes; a whole run fails if a named test is not among the passed."""

    def __init__(self, config: pytest.Config) -> None:
        option = config.option
        last_failed = getattr(option, "lf", False)  # not there with `-p no:cacheprovider`
        narrowed = option.keyword or option.markexpr or last_failed or option.deselect
        narrowed = narrowed or option.collectonly
        self._whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not narrowed
        self._outcomes: defaultdict[str, set[str]] = defaultdict(set)
        self._verdict = Verdict([], [])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test passes by its call; a failed or skipped fixture speaks for it too."""
        if report.when == "call" or report.outcome != "passed":
            self._outcomes[_GROUP.sub("", report.nodeid)].add(report.outcome)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._whole and not session.shouldstop and not session.shouldfail:
            self._verdict = verdict(named_tests(), self._outcomes)
        if self._verdict.unproved and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in self._verdict.unproved:
            terminalreporter.write_line(f"docs/faults.md: {name} did not pass", red=True)
        for name in self._verdict.skipped:
            terminalreporter.write_line(f"docs/faults.md: {name} was skipped", yellow=True)
