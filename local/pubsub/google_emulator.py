"""Google's Pub/Sub emulator: where its jar is, and how to start it without `gcloud`.

`gcloud beta emulators` starts Java behind two wrappers that leave it running when they are killed.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

SDK_VARIABLE = "CLOUDSDK_ROOT"
_JAR = "platform/pubsub-emulator/lib/*pubsub-emulator*.jar"
_COMPILER = "-XX:TieredStopAtLevel=1"  # a start costs a quarter less than with the optimizing one


class EmulatorMissing(Exception):  # noqa: N818 - an ordinary state of a machine
    """Why Google's emulator cannot be started here, in one phrase."""


def emulator_command(port: int, environment: Mapping[str, str] = os.environ) -> Sequence[str]:
    """The command that starts the emulator on 127.0.0.1.

    Raises:
        EmulatorMissing: Java, the Google Cloud SDK or its pubsub-emulator component is not there.
    """
    java = shutil.which("java", path=environment.get("PATH"))
    if java is None:
        raise EmulatorMissing("Java is not on PATH")
    jar = next(sdk_root(environment).glob(_JAR), None)
    if jar is None:
        raise EmulatorMissing("the Google Cloud SDK has no pubsub-emulator component")
    return [java, _COMPILER, "-jar", str(jar), "--host=127.0.0.1", f"--port={port}"]


def sdk_root(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the Google Cloud SDK.

    Raises:
        EmulatorMissing: there is none.
    """
    root = environment.get(SDK_VARIABLE)
    if root:
        return Path(root)
    gcloud = shutil.which("gcloud", path=environment.get("PATH"))
    if gcloud is None:
        raise EmulatorMissing(f"gcloud is not on PATH and {SDK_VARIABLE} is not set")
    return Path(gcloud).resolve().parents[1]
