"""Notices when a deploy turns a large share of all messages into dead letters."""

import logging
import threading
import time

from apache_beam.utils.shared import Shared

from flex_template import metrics

MANY = 100
FEW = 10
WINDOW_SECONDS = 60.0


class FloodGuard:
    """Weighs the outcomes of the last hundred messages, or of the last minute if that has ten."""

    def __init__(self, max_share: float) -> None:
        self._max_share = max_share
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._events = self._dead_letters = 0
        self._ends_at = time.monotonic() + WINDOW_SECONDS

    def add(self, *, events: int = 0, dead_letters: int = 0) -> None:
        """Count the outcomes of a bundle."""
        with self._lock:
            self._events += events
            self._dead_letters += dead_letters
            enough = FEW if time.monotonic() >= self._ends_at else MANY
            if self._events + self._dead_letters >= enough:
                self._weigh()
                self._start()

    def _weigh(self) -> None:
        share = self._dead_letters / (self._events + self._dead_letters)
        if share > self._max_share:
            metrics.count({metrics.DEAD_LETTER_FLOODS: 1})
            logging.getLogger(__name__).error(
                "dead-letter flood: %d of the last %d messages, more than the share of %g allowed",
                self._dead_letters,
                self._events + self._dead_letters,
                self._max_share,
            )


class SharedGuard:
    """A pickled reference to the one guard of a worker process."""

    def __init__(self, max_share: float) -> None:
        self._max_share = max_share
        self._shared = Shared()

    def acquire(self) -> FloodGuard:
        return self._shared.acquire(lambda: FloodGuard(self._max_share))  # type: ignore[no-any-return]
