"""Pub/Sub as a splittable DoFn, for runners that do not bring a read of their own.

Each call takes what has been pulled and ends its bundle by checkpointing itself. The messages are
acknowledged when the runner has committed that bundle: when every row and dead letter is stored.
"""

import threading
import time
from collections.abc import Iterator
from functools import partial

import apache_beam as beam
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker
from apache_beam.transforms.core import RestrictionProvider

from flex_template.one_machine.leases import Held
from flex_template.one_machine.pace import Pace
from flex_template.one_machine.puller import Puller
from flex_template.one_machine.subscription import Subscription, connect

WAIT_SECONDS = 1.0  # an idle bundle a second costs nothing; a SIGTERM does not wait for it


class PullSubscription(beam.PTransform):
    """Messages as Pub/Sub serializes them, at least once."""

    def __init__(self, subscription: str) -> None:
        super().__init__()
        self._subscription = subscription

    def expand(self, start: beam.pvalue.PBegin) -> beam.PCollection:
        return start | beam.Impulse() | beam.ParDo(_Pull(self._subscription))


class Pullers:
    """The pullers of this process. Beam pickles a DoFn, so the service reaches them here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[Puller] = []
        self._acknowledged_at: float | None = None
        self.stopping = threading.Event()

    def open(self, subscription: str) -> Puller:
        puller = Puller(Subscription(subscription, connect()))
        with self._lock:
            self._open.append(puller)
        return puller

    def _all(self) -> list[Puller]:
        with self._lock:
            return list(self._open)

    def held(self) -> Held:
        """What all of them have on lease."""
        each = [puller.held() for puller in self._all()]
        published = [held.published for held in each if held.published is not None]
        return Held(
            sum(held.messages for held in each),
            sum(held.waiting for held in each),
            min(published, default=None),
            max((held.open_seconds for held in each), default=0.0),
        )

    def problem(self) -> str | None:
        """Why the subscription cannot be read at present."""
        return next((puller.problem for puller in self._all() if puller.problem), None)

    @property
    def are_open(self) -> bool:
        """Whether a pipeline has begun to read."""
        return bool(self._all())

    @property
    def acknowledged_at(self) -> float | None:
        """When one was last sent, in seconds of the epoch."""
        times = [self._acknowledged_at, *(puller.acknowledged_at for puller in self._all())]
        return max((each for each in times if each is not None), default=None)

    def stop(self) -> None:
        """End the source: what it has read is stored and acknowledged, then its pipeline ends."""
        self.stopping.set()
        for puller in self._all():
            puller.stop()

    def close(self) -> None:
        """Hand back at once what a pipeline that ended has not acknowledged."""
        for puller in self._all():
            puller.close()
        self._acknowledged_at = self.acknowledged_at
        with self._lock:
            self._open.clear()


PULLERS = Pullers()


class _Tracker(RestrictionTracker):
    """The restriction is whether messages are still to come: split off as a whole, or ended."""

    def __init__(self, endless: bool) -> None:  # noqa: FBT001 - Beam passes it by position
        self._endless = endless

    def current_restriction(self) -> bool:
        return self._endless

    def current_progress(self) -> RestrictionProgress:
        return RestrictionProgress(completed=0, remaining=1)

    def try_claim(self, position: bool) -> bool:  # noqa: FBT001
        """Whether messages may be read; `position` False claims that none will follow."""
        was_endless = self._endless
        self._endless = self._endless and position
        return was_endless

    def try_split(self, fraction_of_remainder: float) -> tuple[bool, bool] | None:  # noqa: ARG002
        if not self._endless:
            return None
        self._endless = False
        return False, True

    def check_done(self) -> None:
        if self._endless:
            raise ValueError("neither checkpointed nor at its end")

    def is_bounded(self) -> bool:
        return False


class _Endless(RestrictionProvider):
    def initial_restriction(self, _: bytes) -> bool:
        return True

    def create_tracker(self, restriction: bool) -> _Tracker:  # noqa: FBT001
        return _Tracker(restriction)

    def restriction_size(self, _: bytes, __: bool) -> int:  # noqa: FBT001
        return 1

    def truncate(self, _: bytes, __: bool) -> None:  # noqa: FBT001
        """A drained job reads no more."""


class _Pull(beam.DoFn):
    def __init__(self, subscription: str) -> None:
        self._subscription = subscription

    def setup(self) -> None:
        self._puller = PULLERS.open(self._subscription)
        self._pace = Pace()

    @beam.DoFn.unbounded_per_element()  # type: ignore[untyped-decorator]
    def process(
        self,
        _: bytes,
        # Beam fills what it knows by position and the tracker by name: the tracker comes last.
        finalizer: beam.DoFn.BundleFinalizerParam = beam.DoFn.BundleFinalizerParam,
        tracker: beam.DoFn.RestrictionParam = beam.DoFn.RestrictionParam(_Endless()),  # noqa: B008
    ) -> Iterator[bytes]:
        stopping = PULLERS.stopping.is_set()
        if not tracker.try_claim(not stopping) or stopping:
            return
        time.sleep(self._pace.next_bundle())
        taken = self._puller.take(self._pace.messages, WAIT_SECONDS)
        self._pace.taken(sum(len(pulled.messages) for pulled in taken))
        if taken:
            finalizer.register(partial(self._puller.acknowledge, taken))
        for pulled in taken:
            for received in pulled.messages:
                yield received.message.SerializeToString()
        self._pace.worked()
        tracker.defer_remainder()

    def teardown(self) -> None:
        self._puller.close()
