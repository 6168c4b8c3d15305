"""cloudbuild.yaml as a file; tests/deploy/test_build.py runs it."""

import json
import re
import subprocess
from typing import Any

import pytest
import yaml
from google.cloud.devtools.cloudbuild_v1 import Build

from tests.machine import require
from tests.template.cloud import ROOT

BUILD: dict[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
STEPS = {step["id"]: step for step in BUILD["steps"]}
BUILT_IN = {"PROJECT_ID", "BUILD_ID"}  # what a build by hand has too


def test_the_build_is_valid_by_googles_schema() -> None:
    build = Build.from_json(json.dumps(BUILD), ignore_unknown_fields=False)
    assert build.options.automap_substitutions
    assert build.options.substitution_option.name == "ALLOW_LOOSE"
    assert build.options.requested_verify_option.name == "VERIFIED"


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


def test_the_tests_fit_into_the_machines_memory() -> None:
    """By themselves they would start two workers a core, of some hundred megabytes each."""
    assert BUILD["options"]["machineType"] == "E2_HIGHCPU_8"  # 8 cores, 8 GB
    assert "PYTEST_ADDOPTS=--numprocesses=4 make" in STEPS["test"]["script"]


def test_steps_read_only_variables_that_every_build_has() -> None:
    read = set(re.findall(r"\$\{?([A-Z_]+)", "".join(step["script"] for step in STEPS.values())))
    assert read <= BUILD["substitutions"].keys()


def test_no_substitution_stands_in_another() -> None:
    """A trigger's `_A=$TAG_NAME` may stay as it is written: the steps resolve what depends."""
    assert not [value for value in BUILD["substitutions"].values() if "$" in value]


def test_the_images_are_named_for_their_provenance() -> None:
    text = json.dumps(BUILD["images"]) + BUILD["serviceAccount"]
    named = set(re.findall(r"\$\{(\w+)\}", text))
    assert [image.rpartition("/")[2] for image in BUILD["images"]] == [
        "pipeline:${BUILD_ID}",
        "edge:${BUILD_ID}",
        "console:${BUILD_ID}",
    ]
    assert named <= BUILD["substitutions"].keys() | BUILT_IN


def test_traffic_moves_after_all_that_can_fail_for_the_events() -> None:
    assert list(STEPS)[-2:] == ["traffic", "console"]
