"""cloudbuild.yaml against Google's schema, and its steps as far as they run without a cloud."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud.devtools.cloudbuild_v1 import Build

from tests.machine import require
from tests.template.cloud import BUCKET, IMAGE, PROJECT, REGION, ROOT, Cloud

BUILD: dict[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
STEPS = {step["id"]: step for step in BUILD["steps"]}
BUILT_IN = {
    "PROJECT_ID": PROJECT,
    "BUILD_ID": "00000000-0000-0000-0000-000000000000",
    "COMMIT_SHA": "",
    "SHORT_SHA": "",
}


def substitutions() -> dict[str, str]:
    """As Cloud Build resolves them: a default may name others that stand before or after it."""
    values: dict[str, str] = BUILT_IN | BUILD["substitutions"]
    return {name: _resolved(value, values) for name, value in values.items()}


def _resolved(value: str, values: dict[str, str]) -> str:
    while found := re.search(r"\$\{(\w+)\}", value):
        value = value.replace(found[0], values[found[1]])
    return value


def run_step(
    cloud: Cloud, step: str, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A step's own script in a copy of the workspace that holds what earlier steps left."""
    (folder / "build").mkdir()
    (folder / "build/image").write_text(IMAGE + "\n")
    for name in ("deploy", "metadata.json"):
        (folder / name).symlink_to(ROOT / name)
    script = f"cd {folder}\n{STEPS[step]['script']}"
    return cloud.shell(script, **substitutions() | variables)


def test_the_build_is_valid_by_googles_schema() -> None:
    build = Build.from_json(json.dumps(BUILD), ignore_unknown_fields=False)
    assert build.options.automap_substitutions
    assert [step.id for step in build.steps] == [
        "test",
        "build",
        "push",
        "publish-template",
        "stage-function",
        "deploy-function",
        "job",
        "smoke-check",
    ]


def test_every_step_has_a_pinned_image_or_cloud_builds_own() -> None:
    pinned = re.compile(r"[\w./-]+:[\w.-]*\d+\.\d+\.\d+[\w.-]*|gcr\.io/cloud-builders/docker")
    assert all(pinned.fullmatch(step["name"]) for step in STEPS.values())


@pytest.mark.parametrize("step", STEPS)
def test_shellcheck_finds_nothing_in_a_step(step: str) -> None:
    require("shellcheck")
    checked = subprocess.run(
        ["shellcheck", "-"],
        input=STEPS[step]["script"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_steps_read_only_variables_that_cloud_build_sets() -> None:
    known = BUILT_IN.keys() | BUILD["substitutions"].keys()
    read = set(re.findall(r"\$\{?([A-Z_]+)", "".join(step["script"] for step in STEPS.values())))
    assert read - known == {"POLL_SECONDS"}
    assert BUILD["substitutions"].keys() <= read | set(
        re.findall(r"\$\{(\w+)\}", BUILD["serviceAccount"])
    )


def test_a_build_by_hand_publishes_its_spec_by_its_id(cloud: Cloud, tmp_path: Path) -> None:
    published = run_step(cloud, "publish-template", tmp_path)
    assert published.returncode == 0, published.stderr
    assert cloud.spec(BUILT_IN["BUILD_ID"])["image"] == IMAGE


def test_the_job_is_left_alone_unless_asked(cloud: Cloud, tmp_path: Path) -> None:
    left = run_step(cloud, "job", tmp_path)
    assert left.stdout == "_JOB_ACTION=skip: the job stays as it is\n"


def test_the_job_is_started_and_then_updated_in_place(cloud: Cloud, tmp_path: Path) -> None:
    deploy = {"_JOB_ACTION": "deploy", "_JOB": "built", "_REVISION": "revision-1"}
    for run in ("first", "second"):
        (folder := tmp_path / run).mkdir()
        ran = run_step(cloud, "job", folder, **deploy)
        assert ran.returncode == 0, ran.stderr
        assert f"gs://{BUCKET}/templates/revision-1.json" in ran.stdout
    jobs = [job for job in cloud.dataflow.jobs.values() if job["name"] == "built"]
    assert [job["currentState"] for job in jobs] == ["JOB_STATE_UPDATED", "JOB_STATE_RUNNING"]
    assert {job["location"] for job in jobs} == {REGION}


def test_stage_function_leaves_a_deployable_folder(cloud: Cloud, tmp_path: Path) -> None:
    folder = tmp_path / "function"
    staged = cloud.shell(STEPS["stage-function"]["script"], STAGE=str(folder))
    assert staged.returncode == 0, staged.stderr
    assert {path.name for path in folder.iterdir()} == {
        "main.py",
        "requirements.txt",
        "ingest_function",
        "schemas",
    }
