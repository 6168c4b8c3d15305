"""What one subscription still owes its subscribers: messages waiting, and messages on lease."""

import itertools
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from local.pubsub.messages import ReceivedMessage, Subscription


@dataclass
class _Lease:
    message: Any
    expires: float


class Backlog:
    """At-least-once delivery: a message leaves only when it is acknowledged within its lease."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self._waiting: deque[Any] = deque()
        self._leases: dict[str, _Lease] = {}
        self._ack_ids = itertools.count(1)

    def add(self, messages: list[Any]) -> None:
        self._waiting.extend(messages)

    def lease(self, count: int, seconds: int = 0) -> list[Any]:
        """Up to `count` messages, each on lease for `seconds`, or for the subscription's own."""
        self._return_expired()
        expires = time.monotonic() + (seconds or self.subscription.ack_deadline_seconds)
        return [self._lease_one(expires) for _ in range(min(count, len(self._waiting)))]

    def _lease_one(self, expires: float) -> Any:
        message = self._waiting.popleft()
        ack_id = f"{self.subscription.name}:{next(self._ack_ids)}"
        self._leases[ack_id] = _Lease(message, expires)
        return ReceivedMessage(ack_id=ack_id, message=message)

    def _return_expired(self) -> None:
        now = time.monotonic()
        expired = [ack_id for ack_id, lease in self._leases.items() if lease.expires <= now]
        self._waiting.extend(self._leases.pop(ack_id).message for ack_id in expired)

    def acknowledge(self, ack_ids: list[str]) -> None:
        """Unknown and expired ids are ignored, as the service does."""
        for ack_id in ack_ids:
            self._leases.pop(ack_id, None)

    def modify(self, ack_ids: list[str], seconds: int) -> None:
        """Let the leases end `seconds` from now; 0 returns their messages at once."""
        expires = time.monotonic() + seconds
        for ack_id in ack_ids:
            if ack_id in self._leases:
                self._leases[ack_id].expires = expires
