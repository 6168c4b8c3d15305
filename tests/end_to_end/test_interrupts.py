"""Ctrl-C ends every command of the stack quietly, also while it still imports."""

import re
import signal
import subprocess
import sys

import pytest

from tests.machine import ROOT

FIRST = re.compile(r"\| +(rich|apache_beam|google)\.")  # of imports that take a second or two
PIPELINE = ["--input_subscription=projects/aegis-test/subscriptions/events", "--streaming"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["local.run"], 130),
        (["local.dev"], 0),
        (["flex_template.main", *PIPELINE], 130),
        (["flex_template.replay"], 130),
        (["local.query", "SELECT 1"], 130),
        (["console"], 130),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_ctrl_c_during_the_imports_is_quiet(command: list[str], code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stderr is not None
        any(FIRST.search(line) for line in process.stderr)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == code
    assert [line for line in rest.splitlines() if not line.startswith("import time:")] == []
