"""How many messages a bundle takes, and how long after the last one.

What is stored and not yet acknowledged when the process is killed is stored again, so a bundle is
no larger than it has to be.
"""

import time

# One full request to BigQuery. Smaller bundles cost more than they spare: each costs about 4 ms.
# docs/decisions/0011-small-bundles-on-one-machine.md has the figures.
MIN_MESSAGES = 2_000
MAX_MESSAGES = 10_000
# While little comes, more bundles a second would only cost more.
INTERVAL_SECONDS = 0.05


class Pace:
    """Bundles follow each other at once while there is a backlog, and otherwise at intervals.

    The next bundle starts when BigQuery has stored this one. Where that takes longer than the work
    on the messages, larger bundles keep the processor busy: 100 ms per append would otherwise
    halve what a process gets done.
    """

    def __init__(self) -> None:
        self.messages = MIN_MESSAGES
        self._began = self._worked = -INTERVAL_SECONDS
        self._was_full = False

    def next_bundle(self) -> float:
        """Call when the last bundle is stored; how many seconds the next one is to wait."""
        now = time.monotonic()
        if not self._was_full:
            return max(0.0, self._began + INTERVAL_SECONDS - now)
        working, storing = self._worked - self._began, now - self._worked
        if storing > working:
            self.messages = min(2 * self.messages, MAX_MESSAGES)
        elif storing < working / 4:
            self.messages = max(self.messages // 2, MIN_MESSAGES)
        return 0.0

    def taken(self, messages: int) -> None:
        """A bundle begins, with this many messages."""
        self._began = self._worked = time.monotonic()
        self._was_full = messages >= self.messages

    def worked(self) -> None:
        """The steps have seen all of its messages."""
        self._worked = time.monotonic()
