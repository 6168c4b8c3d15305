"""A measurement that is killed leaves no service behind."""

import subprocess
import sys
from pathlib import Path

from tests.end_to_end.commands import remaining
from tests.machine import ROOT

MEASUREMENT = """
import sys, time
from pathlib import Path
from benchmarks.one_machine.setting import Setting

endless = [sys.executable, "-c", "import time; time.sleep(3600)"]
with Setting("", None, Path(sys.argv[1])) as stage, stage.process(endless) as service:
    print(service.process.pid, flush=True)
    time.sleep(3600)
"""


def test_a_measurement_that_is_killed_leaves_no_service_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MEASUREMENT, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as measurement:
        assert measurement.stdout is not None
        service = int(measurement.stdout.readline())
        measurement.kill()
    assert remaining({service}) == set()
