"""How long to wait between failures in a row, and how often to say so."""

import logging
import random
import time

SAY_EVERY_SECONDS = 60.0


class Backoff:
    """Doubling pauses with full jitter, from `initial` to `maximum` seconds."""

    def __init__(self, initial: float = 0.1, maximum: float = 10.0) -> None:
        self._initial = initial
        self._maximum = maximum
        self._failures = 0

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> float:
        """How many seconds to wait before the next attempt."""
        longest = min(self._maximum, self._initial * 2**self._failures)
        self._failures = min(self._failures + 1, 30)
        return random.uniform(longest / 2, longest)  # noqa: S311


class Notice:
    """A warning that is repeated at most once a minute, with how often it was due since."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._next = -SAY_EVERY_SECONDS
        self._unsaid = 0

    def say(self, text: str) -> None:
        now = time.monotonic()
        if now < self._next:
            self._unsaid += 1
            return
        self._logger.warning("%s%s", text, f" ({self._unsaid} more)" if self._unsaid else "")
        self._next = now + SAY_EVERY_SECONDS
        self._unsaid = 0
