"""Traffic that goes on while one release takes over from another."""

import threading
from abc import abstractmethod

PAUSE_SECONDS = 0.02


class SteadyTraffic:
    """Sends something every `PAUSE_SECONDS` in a thread of its own, until it is stopped."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    @abstractmethod
    def send(self) -> None:
        """Send what comes next."""

    def _run(self) -> None:
        while not self._stopped.wait(PAUSE_SECONDS):
            self.send()
