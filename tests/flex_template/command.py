"""The pipeline's command as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "flex_template.main"]
OURS = ("GCP_PROJECT_ID", "PUB_SUB_TOPIC_ID", "BIGQUERY_DATASET_ID", "BIGQUERY_TABLE_ID")


def run_main(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with only those of our own variables that `environment` gives."""
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=inherited | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
