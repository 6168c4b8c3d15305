"""Pulls ahead, keeps what it pulled on lease, and acknowledges: each on threads of its own.

Beam's own Java source for runners other than Dataflow works the same way. StreamingPull would not
be faster here, and Google's emulator goes on feeding the streams of a process that was killed.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import grpc

from flex_template.one_machine.leases import LEASE_SECONDS, Held, Leases, Pulled
from flex_template.one_machine.patience import Backoff, Notice
from flex_template.one_machine.subscription import MAX_ACK_IDS, Subscription, to_repeat

PULLS = 2  # while one response is read, the other call waits for messages
EXTEND_EVERY_SECONDS = 3  # a lease of ten seconds survives two calls that fail
CLOSE_SECONDS = 4.0  # a part of the six that a drain has (service.py)
_log = logging.getLogger(__name__)


class _Settled(NamedTuple):
    """A bundle that is stored, and the calls that acknowledge its messages."""

    pulled: list[Pulled]
    sent: list[tuple[list[str], grpc.Future]]


class Puller:
    """Reads one subscription from its creation to `close`.

    A subscription that cannot be read is tried again for ever, at most every ten seconds, and a
    warning says so once a minute: an operator's mistake ends no process.
    """

    def __init__(self, subscription: Subscription) -> None:
        self.problem: str | None = None
        self.acknowledged_at: float | None = None
        self._subscription = subscription
        self._leases = Leases()
        self._stopped = threading.Event()
        self._closed = threading.Event()
        self._gives_up_at = float("inf")
        self._calls: dict[int, grpc.Future] = {}
        self._settling: queue.SimpleQueue[_Settled | None] = queue.SimpleQueue()
        self._notice = Notice(_log)
        self._settler = _started("acknowledge", self._settle)
        self._extender = _started("extend leases", self._extend)
        self._readers = [_started("pull", self._read, number) for number in range(PULLS)]

    def take(self, count: int, seconds: float) -> list[Pulled]:
        """What has been pulled, up to about `count` messages; waits up to `seconds` for some."""
        return self._leases.take(count, seconds)

    def acknowledge(self, pulled: list[Pulled]) -> None:
        """Send the acknowledgements at once; another thread sends again what fails."""
        sent = [(ids, self._subscription.acknowledge(ids)) for ids in _batches(pulled)]
        self._settling.put(_Settled(pulled, sent))

    def held(self) -> Held:
        return self._leases.held()

    def stop(self) -> None:
        """Read no more, and hand back what no bundle has taken."""
        self._stopped.set()
        self._leases.close()
        for number, reader in enumerate(self._readers):
            self._end(number, reader)
        self._hand_back(self._leases.take_waiting())

    def close(self) -> None:
        """Stop, send the acknowledgements that are left, and hand back all that is on lease."""
        self.stop()
        self._gives_up_at = time.monotonic() + CLOSE_SECONDS
        self._settling.put(None)
        self._settler.join(CLOSE_SECONDS + 1)
        self._closed.set()
        self._extender.join(CLOSE_SECONDS)
        self._hand_back(self._leases.take_all())
        self._subscription.close()

    def _end(self, number: int, reader: threading.Thread) -> None:
        """A call may begin while this one ends: cancel until the thread is gone."""
        while reader.is_alive():
            if number in self._calls:
                self._calls[number].cancel()
            reader.join(0.02)

    def _read(self, number: int) -> None:
        backoff = Backoff()
        while self._leases.wait_for_room():
            self._calls[number] = self._subscription.pull()
            try:
                response = self._calls[number].result()
            except grpc.FutureCancelledError:
                return
            except grpc.RpcError as error:
                # Nothing to pull is not a failure.
                if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
                    self._cannot_read(error)
                    self._stopped.wait(backoff.failed())
                continue
            self.problem = None
            backoff.succeeded()
            if response.received_messages:
                self._leases.add(response.received_messages, response.ByteSize())

    def _cannot_read(self, error: grpc.RpcError) -> None:
        self.problem = f"{error.code().name}: {error.details()}"
        self._notice.say(f"cannot read {self._subscription.name}: {self.problem}; trying again")

    def _extend(self) -> None:
        while not self._closed.wait(EXTEND_EVERY_SECONDS):
            due = self._leases.extend_expiring(within=2 * EXTEND_EVERY_SECONDS)
            self._modify(due, LEASE_SECONDS)

    def _settle(self) -> None:
        for settled in iter(self._settling.get, None):
            for ack_ids, call in settled.sent:
                self._see_through(ack_ids, call)
            self._leases.release(settled.pulled)

    def _see_through(self, ack_ids: list[str], call: grpc.Future) -> None:
        backoff = Backoff()
        while True:
            try:
                call.result()
            except grpc.FutureCancelledError:  # the channel is closed
                return
            except grpc.RpcError as error:
                ack_ids = list(to_repeat(error, ack_ids))
                self._notice.say(f"acknowledgement failed: {error.code().name}: {error.details()}")
                if not ack_ids or time.monotonic() > self._gives_up_at:
                    return
                time.sleep(backoff.failed())
                call = self._subscription.acknowledge(ack_ids)
            else:
                self.acknowledged_at = time.time()
                return

    def _hand_back(self, pulled: list[Pulled]) -> None:
        self._modify(pulled, 0)
        self._leases.release(pulled)

    def _modify(self, pulled: list[Pulled], seconds: int) -> None:
        try:
            for ack_ids in _batches(pulled):
                self._subscription.extend(ack_ids, seconds)
        except grpc.RpcError as error:  # at worst the messages are delivered again
            self._notice.say(f"leases not changed: {error.code().name}: {error.details()}")


def _started(name: str, target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
    thread.start()
    return thread


def _batches(pulled: Iterable[Pulled]) -> Iterator[list[str]]:
    """The ack ids, in lists of at most `MAX_ACK_IDS`."""
    ack_ids = [ack_id for each in pulled for ack_id in each.ack_ids]
    for start in range(0, len(ack_ids), MAX_ACK_IDS):
        yield ack_ids[start : start + MAX_ACK_IDS]
