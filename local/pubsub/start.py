"""The stack's Pub/Sub: Google's emulator where it can be started, otherwise our own server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.process import Process, accepts, free_port
from local.pubsub.google_emulator import EmulatorMissing, emulator_command
from local.pubsub.server import PubSubServer


@dataclass(frozen=True)
class PubSub:
    """A Pub/Sub that starts or runs; `process` is None if it runs inside this one."""

    host: str
    description: str
    process: Process | None = None

    def wait_until_ready(self) -> None:
        """Raise `StackError` if it does not start."""
        if self.process is not None:
            port = int(self.host.rpartition(":")[2])
            self.process.wait_until(lambda: accepts(port))


@contextmanager
def starting_pubsub(log_folder: Path, ours: PubSubServer | None = None) -> Iterator[PubSub]:
    """Serve until the block ends; `ours`, a running server, is taken instead of a new one."""
    if ours is not None:
        yield PubSub(ours.host, "in-memory server")
        return
    port = free_port()
    try:
        command = emulator_command(port)
    except EmulatorMissing as missing:
        with PubSubServer() as server:
            yield PubSub(server.host, f"in-memory server ({missing})")
        return
    with Process("pubsub", command, {}, log_folder) as process:
        yield PubSub(f"127.0.0.1:{port}", "Google's emulator", process)
