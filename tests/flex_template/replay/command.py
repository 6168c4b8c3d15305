"""The replay command, in this process or in one of its own."""

import subprocess
import sys

from flex_template.replay.__main__ import run
from tests.flex_template.replay.topic import Topic
from tests.machine import ROOT
from tests.warehouse import Warehouse


class ReplayCommand:
    """Fixed places and options; call it with the others."""

    def __init__(self, warehouse: Warehouse, topic: Topic, *always: str) -> None:
        self.places = [
            f"--dead_letter_table={warehouse.dead_letters}",
            f"--topic={topic.name}",
            *always,
        ]

    def __call__(self, *options: str) -> None:
        run([*self.places, *options])

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Run it as a process that finds the emulators by this one's environment."""
        return subprocess.Popen(
            [sys.executable, "-m", "flex_template.replay", *self.places, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
