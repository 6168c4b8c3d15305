"""Finding Google's Pub/Sub emulator, and saying what is missing."""

from pathlib import Path

import pytest

from local.pubsub.google_emulator import EmulatorMissing, emulator_command

JAR = Path("platform/pubsub-emulator/lib/cloud-pubsub-emulator-1.0-all.jar")


def executable(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    """An SDK with the emulator, and a folder `bin` for PATH."""
    root = tmp_path / "sdk"
    executable(root / "bin" / "gcloud")
    executable(root / JAR)
    (tmp_path / "bin").mkdir()
    return root


def test_the_jar_is_found_behind_a_link_to_gcloud(sdk: Path, tmp_path: Path) -> None:
    executable(tmp_path / "bin" / "java")
    (tmp_path / "bin" / "gcloud").symlink_to(sdk / "bin" / "gcloud")

    command = emulator_command(8085, {"PATH": str(tmp_path / "bin")})

    java = str(tmp_path / "bin" / "java")
    flag = "-XX:TieredStopAtLevel=1"
    assert command == [java, flag, "-jar", str(sdk / JAR), "--host=127.0.0.1", "--port=8085"]


def test_a_named_sdk_needs_no_gcloud_on_path(sdk: Path, tmp_path: Path) -> None:
    executable(tmp_path / "bin" / "java")

    command = emulator_command(8085, {"PATH": str(tmp_path / "bin"), "CLOUDSDK_ROOT": str(sdk)})

    assert str(sdk / JAR) in command


def test_what_is_missing_is_named(sdk: Path, tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path / "bin")}
    with pytest.raises(EmulatorMissing, match="Java is not on PATH"):
        emulator_command(8085, environment)

    executable(tmp_path / "bin" / "java")
    with pytest.raises(EmulatorMissing, match="gcloud is not on PATH and CLOUDSDK_ROOT is not set"):
        emulator_command(8085, environment)

    (sdk / JAR).unlink()
    with pytest.raises(EmulatorMissing, match="no pubsub-emulator component"):
        emulator_command(8085, environment | {"CLOUDSDK_ROOT": str(sdk)})
