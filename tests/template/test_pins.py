"""One version of Beam, everywhere."""

import re

import apache_beam
import pytest
from packaging.requirements import Requirement

from flex_template.job import Job
from flex_template.preflight import IMAGE_PYTHON, preflight
from tests.template.cloud import ROOT

DOCKERFILE = (ROOT / "flex_template/Dockerfile").read_text()


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("flex_template/Dockerfile", r"^ARG BEAM_IMAGE=apache/beam_python3\.11_sdk:(\S+)$"),
        ("flex_template/requirements.txt", r"^apache-beam==(\S+)"),
        ("requirements-dev.txt", r"^apache-beam==(\S+)"),
    ],
)
def test_beams_version_is_the_one_under_test(file: str, pattern: str) -> None:
    versions = re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert versions == [apache_beam.__version__]


def test_image_and_beam_agree_on_the_version_of_python() -> None:
    images = dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", DOCKERFILE, re.MULTILINE))
    assert images.keys() == {"PYTHON_IMAGE", "BEAM_IMAGE", "LAUNCHER_IMAGE"}
    assert images["PYTHON_IMAGE"].startswith("python:3.11.")
    assert "python3.11_sdk:" in images["BEAM_IMAGE"]
    assert "python311-template-launcher-base:" in images["LAUNCHER_IMAGE"]


def test_a_job_is_submitted_with_the_python_of_its_image() -> None:
    minor = ".".join(map(str, IMAGE_PYTHON))
    assert re.search(rf"^ARG PYTHON_IMAGE=python:{re.escape(minor)}\.", DOCKERFILE, re.MULTILINE)


def test_a_submission_with_another_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 13, 0))
    arguments = [
        "--runner=DataflowRunner",
        "--input_subscription=projects/my-project/subscriptions/events",
    ]
    tables = ["--events_table=my-project.aegis.events", "--dead_letter_table=my-project.aegis.d"]
    with pytest.raises(SystemExit, match=r"image has Python 3\.11, this is 3\.13"):
        preflight(Job.of([*arguments, *tables], {}))


@pytest.mark.parametrize(
    ("wanted", "pinned"),
    [
        ("requirements-dev.in", "requirements-dev.txt"),
        ("flex_template/requirements.in", "flex_template/requirements.txt"),
        ("ingest_function/requirements.in", "ingest_function/requirements.txt"),
        ("console/requirements.in", "console/requirements.txt"),
    ],
)
def test_every_dependency_that_is_asked_for_is_pinned(wanted: str, pinned: str) -> None:
    pins = dict(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", _text(pinned), re.MULTILINE))
    lines = re.findall(r"^[a-z][^#\n]*", _text(wanted), re.MULTILINE)
    assert lines
    for requirement in map(Requirement, lines):
        assert requirement.specifier.contains(pins[requirement.name])


def _text(path: str) -> str:
    return (ROOT / path).read_text()


def test_every_pin_has_a_hash() -> None:
    lines = (ROOT / "flex_template/requirements.txt").read_text().splitlines()
    pins = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9-]+(\[|==)", line)]
    assert len(pins) > 50
    assert all(lines[number + 1].startswith("    --hash=sha256:") for number in pins)
