"""What a worker of 4 GB must bear: the worst bundles, several at once, on a slow BigQuery."""

import json
import subprocess
import sys

import pytest

from local.bigquery.write_server import BigQueryWriteServer
from tests.machine import ROOT

WORKER = 4_000_000_000
# A process of its own has its own peak. It prints that, in bytes.
BUNDLES = "tests.flex_template.bigquery.worst_bundles"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "bundles", "most"),
    [
        pytest.param("attributes", 1, WORKER // 4, id="2,000 with the largest attributes"),
        pytest.param("attributes", 12, WORKER // 2, id="twelve of these at once"),
        pytest.param("payloads", 12, WORKER // 2, id="twelve of four with 9 MB each"),
    ],
)
def test_a_worker_survives_the_worst_bundles(
    monkeypatch: pytest.MonkeyPatch, kind: str, bundles: int, most: int
) -> None:
    with BigQueryWriteServer(keep=False, latency=0.05) as bigquery:
        monkeypatch.setenv("BIGQUERY_STORAGE_EMULATOR_HOST", bigquery.host)
        command = [sys.executable, "-m", BUNDLES, kind, str(bundles)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found = json.loads(ended.stdout)
        assert bigquery.count == found["messages"]
    assert found["peak_bytes"] < most, f"{found['peak_bytes']:,}"
