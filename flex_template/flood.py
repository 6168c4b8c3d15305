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
    """Weighs the outcomes of a hundred messages or more, or of a minute if that has ten."""

    def __init__(self, max_share: float) -> None:
        self._max_share = max_share
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._events = self._dead_letters = 0
        self._ends_at = time.monotonic() + WINDOW_SECONDS

    def add(self, *, events: int = 0, dead_letters: int = 0) -> None:
        """Count outcomes."""
        with self._lock:
            self._events += events
            self._dead_letters += dead_letters

    def weigh(self) -> None:
        """Judge what was counted since the last judgement; call it when a bundle is complete.

        Not before: within a bundle all events are counted first, then all dead letters.
        """
        with self._lock:
            enough = FEW if time.monotonic() >= self._ends_at else MANY
            if self._events + self._dead_letters >= enough:
                self._judge()
                self._start()

    def _judge(self) -> None:
        total = self._events + self._dead_letters
        if self._dead_letters > self._max_share * total:
            metrics.count({metrics.DEAD_LETTER_FLOODS: 1})
            logging.getLogger(__name__).error(
                "dead-letter flood: %d of the last %d messages, more than the share of %g allowed",
                self._dead_letters,
                total,
                self._max_share,
            )


class SharedGuard:
    """A pickled reference to the one guard of a worker process."""

    def __init__(self, max_share: float) -> None:
        self._max_share = max_share
        self._shared = Shared()

    def acquire(self) -> FloodGuard:
        return self._shared.acquire(lambda: FloodGuard(self._max_share))  # type: ignore[no-any-return]
