"""The recipes for one machine, and its page's commands, start the job that they are meant to."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from flex_template.job import Job
from tests.deploy.pages import sections
from tests.machine import ROOT, require

FOLDER = ROOT / "deploy" / "one_machine"
UNIT = (FOLDER / "aegis-pipeline.service").read_text()
PAGE = sections("one-machine.md")
IMAGE_COMMAND, POOL_COMMAND = PAGE["In a container"]
SETTINGS = dict(
    line.split("=", 1)
    for line in (FOLDER / "aegis-pipeline.env").read_text().splitlines()
    if not line.startswith("#")
)
NAMES = {
    "input_subscription": "projects/my-project/subscriptions/events-pipeline",
    "events_table": "my-project.aegis.events",
    "dead_letter_table": "my-project.aegis.dead_letters",
}


def unit_command() -> list[str]:
    """The unit's command line with the example's settings, as systemd would start it."""
    (command,) = re.findall(r"^ExecStart=((?:.*\\\n)*.*)$", UNIT, re.MULTILINE)
    filled = re.sub(r"\$\{(\w+)\}", lambda match: SETTINGS[match[1]], command)
    return shlex.split(filled.replace("\\\n", " "))


def worker_pool_flags(tmp_path: Path, **settings: str) -> dict[str, str]:
    """What the script gives to `gcloud`, by flag."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    gcloud.chmod(0o755)
    done = subprocess.run(
        ["bash", "-euc", POOL_COMMAND],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"} | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    *words, name = [line for line in done.stdout.splitlines() if not line.startswith("--")]
    assert [*words, name] == ["beta", "run", "worker-pools", "deploy", "aegis-pipeline"]
    return dict(
        line[2:].split("=", 1) for line in done.stdout.splitlines() if line.startswith("--")
    )


def page_options(block: str) -> list[str]:
    """The options of the pipeline's program in a command of the page."""
    words = shlex.split(block.replace("\\\n", " ").replace('"$(nproc)"', "2"))
    return words[words.index("flex_template.main") + 1 :]


def test_the_pages_command_serves_and_moves_to_dataflow_by_one_line() -> None:
    [command], [line] = PAGE["One machine"], PAGE["When it is enough"]
    options = page_options(command)
    assert Job.of(options, {}).is_service
    ours_alone = ("--runner=", "--processes=", "--status_address=")
    kept = [option for option in options if not option.startswith(ours_alone)]
    moved = Job.of([*kept, *shlex.split(line.replace("\\\n", " "))], {})
    assert not moved.is_service
    assert {name: getattr(moved.options, name) for name in NAMES} == NAMES


def test_the_pages_backfill_reads_files() -> None:
    [command] = PAGE["Backfill"]
    job = Job.of(page_options(command), {})
    assert not job.is_service
    assert job.options.input_files == "gs://my-bucket/events-*.jsonl.gz"


def test_the_image_of_the_page_is_the_builds_and_starts_the_same_program() -> None:
    words = shlex.split(IMAGE_COMMAND.replace("\\\n", " "))
    assert "us-central1-docker.pkg.dev/my-project/aegis/pipeline:latest" in words
    assert page_options(IMAGE_COMMAND)[0] == "--runner=DirectRunner"


def test_what_the_page_installs_is_in_the_repository() -> None:
    [block] = PAGE["Under systemd"]
    files = re.findall(r"(?<= )[\w/.-]+/[\w.-]+\.(?:env|service|txt)", block)
    assert len(files) == 3
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_the_unit_serves_the_subscription() -> None:
    python, flag, module, *options = unit_command()
    assert (python, flag, module) == ("/opt/aegis/.venv/bin/python", "-m", "flex_template.main")
    job = Job.of(options, SETTINGS)
    assert job.is_service
    assert {name: getattr(job.options, name) for name in NAMES} == NAMES
    assert job.options.status_address == ("127.0.0.1", 9464)


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    require("systemd-analyze")
    unit = tmp_path / "aegis-pipeline.service"
    unit.write_text(UNIT.replace("/opt/aegis/.venv/bin/python", sys.executable))
    verify = ["systemd-analyze", "verify", str(unit)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "aegis-pipeline" in line] == []


def test_a_stopped_unit_has_time_to_drain() -> None:
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert int(seconds) > 10


@pytest.mark.parametrize(("cpu", "memory"), [("1", "1024Mi"), ("4", "2048Mi")])
def test_the_worker_pool_serves_the_subscription(tmp_path: Path, cpu: str, memory: str) -> None:
    flags = worker_pool_flags(tmp_path, CPU=cpu)
    _, module, *options = flags["args"].split(",")
    job = Job.of(options, {})
    assert (flags["command"], module, flags["scaling"]) == ("python", "flex_template.main", "1")
    assert job.is_service
    assert {name: getattr(job.options, name) for name in NAMES} == NAMES
    assert (job.options.processes, flags["cpu"], flags["memory"]) == (int(cpu), cpu, memory)


def test_the_worker_pool_has_the_account_and_the_image_of_dataflows_workers(
    tmp_path: Path,
) -> None:
    flags = worker_pool_flags(tmp_path)
    assert flags["service-account"] == "aegis-pipeline@my-project.iam.gserviceaccount.com"
    assert flags["image"] == "us-central1-docker.pkg.dev/my-project/aegis/pipeline:latest"
