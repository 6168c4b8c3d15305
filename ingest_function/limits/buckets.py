"""Token buckets of one rule, in bounded memory."""

import math
from collections import OrderedDict

from ingest_function.limits.rules import Rule

# Each takes about 200 bytes. The one that was unused longest is forgotten, and would be full again
# after burst / per_second anyway.
MAX_BUCKETS = 10_000


class Buckets:
    """A bucket for each client; one that is new is full.

    A request's size is known only once it is read, so a bucket may fall below zero: the client then
    waits until it holds one again.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # level, and when

    def seconds_to_wait(self, client: str, now: float) -> int:
        """0 if the client may send: there is one in its bucket.

        `now` is in seconds of a monotonic clock.
        """
        missing = 1 - self.level(client, now)
        return max(0, math.ceil(missing / self.rule.per_second))

    def take(self, client: str, amount: float, now: float) -> None:
        self._buckets[client] = (self.level(client, now) - amount, now)
        self._buckets.move_to_end(client)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)

    def level(self, client: str, now: float) -> float:
        level, since = self._buckets.get(client, (self.rule.burst, now))
        return min(self.rule.burst, level + (now - since) * self.rule.per_second)
