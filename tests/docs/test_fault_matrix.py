"""Each row of `docs/faults.md` names a test, which `tests/fault_matrix.py` sees run and pass."""

import ast
from pathlib import Path

import pytest

from tests.fault_matrix import FaultMatrix, Verdict, named_tests, verdict
from tests.machine import ROOT

NAMED = named_tests()


def functions_in(path: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, functions)}


@pytest.mark.parametrize("name", NAMED)
def test_each_fault_names_its_test(name: str) -> None:
    file, function = name.split("::")
    assert function in functions_in(ROOT / file)


def test_the_matrix_has_rows() -> None:
    assert len(NAMED) > 25


def test_only_a_test_that_ran_and_passed_holds_its_row() -> None:
    named = ["tests/a.py::test_x", "tests/a.py::test_y", "tests/a.py::test_z", "tests/a.py::test_w"]
    outcomes = {
        "tests/a.py::test_x": {"passed"},
        "tests/a.py::test_y": {"passed", "failed"},
        "tests/a.py::test_z": {"skipped"},
    }
    assert verdict(named, outcomes) == Verdict(
        unproved=["tests/a.py::test_y", "tests/a.py::test_w"], skipped=["tests/a.py::test_z"]
    )


def test_a_run_without_the_cache_is_checked_like_any_other(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-p no:cacheprovider` takes its options along."""
    monkeypatch.delattr(pytestconfig.option, "lf", raising=False)
    FaultMatrix(pytestconfig)
