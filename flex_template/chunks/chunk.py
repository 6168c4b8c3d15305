"""Messages travel a few hundred at a time, and whoever fails travels beside the others.

A failure on the main path, instead of an output of its own, keeps the whole pipeline one stage: on
a single machine a flatten would wait for the end of an endless source, long after Pub/Sub was told
that the message is safe.
"""

import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage as BeamMessage
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue
from google.protobuf.message import DecodeError

from flex_template.bigquery.arrow import row_tuples
from flex_template.chunks.accept import MIN_MESSAGES, Accepted, Pair, accept
from flex_template.dead_letter import Failure, internal_error
from flex_template.message import (
    Message,
    from_proto,
    from_pubsub,
    parsed,
    parsed_together,
    raw_message,
    serialize,
)
from schemas import InvalidEvent, Limits

# Twice as many save but a hundredth of the time for each.
MAX_MESSAGES = 400
MAX_BYTES = 4_000_000  # with the rows made of them, one full append request

Step = Callable[[Message, Any], Any]


class Chunk(NamedTuple):
    """Messages as Pub/Sub serialized them, each with what the last step made of it; and failures.

    `serialized` and `values` have one entry for each message that no step has refused so far, save
    for those in `accepted`, which are rows already.
    """

    serialized: list[bytes]
    values: list[tuple[Message, Any]]
    failures: list[Failure]
    accepted: Sequence[Accepted] = ()

    def rows(self) -> Iterator[tuple[Message, tuple[Any, ...]]]:
        """Each row beside its message, for sinks that do not take columns."""
        yield from self.values
        for rows, serialized in self.accepted:
            yield from zip(map(from_pubsub, serialized), row_tuples(rows), strict=True)


class ChunkCoder(beam.coders.Coder):
    """Pickles a chunk where a runner does not fuse, and measures one without pickling it.

    Beam samples the size of what passes between steps, and by default encodes it for that.
    """

    def encode(self, value: Chunk) -> bytes:
        return pickle.dumps(value)

    def decode(self, encoded: bytes) -> Chunk:
        return pickle.loads(encoded)  # type: ignore[no-any-return]  # noqa: S301 - our own bytes

    def estimate_size(self, value: Chunk) -> int:
        accepted: int = sum(each.rows.get_total_buffer_size() for each in value.accepted)
        return sum(map(len, value.serialized)) + accepted

    def is_deterministic(self) -> bool:
        return False


beam.coders.registry.register_coder(Chunk, ChunkCoder)


class Gather(beam.DoFn):
    """Serialized messages in, lists of them out; a bundle's last list may be short."""

    def start_bundle(self) -> None:
        self._serialized: list[bytes] = []
        self._bytes = 0

    def process(self, element: bytes | BeamMessage) -> list[list[bytes]]:
        serialized = element if isinstance(element, bytes) else serialize(element)
        self._serialized.append(serialized)
        self._bytes += len(serialized)
        if len(self._serialized) < MAX_MESSAGES and self._bytes < MAX_BYTES:
            return []
        return [self._take()]

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if self._serialized:
            yield in_global_window(self._take())

    def _take(self) -> list[bytes]:
        serialized = self._serialized
        self.start_bundle()
        return serialized


def in_global_window(value: object) -> WindowedValue:
    """What a DoFn must make of an output at the end of a bundle."""
    return WindowedValue(value, MIN_TIMESTAMP, [GlobalWindow()])


def failures_of(chunk: Chunk) -> list[Failure]:
    return chunk.failures


def opened(serialized: list[bytes], limits: Limits) -> Chunk:
    """A chunk in which what is plainly an event is a row already, and the rest is decoded."""
    pairs, failures = _read(serialized)
    if len(pairs) < MIN_MESSAGES:
        return _decoded(pairs, failures)
    try:
        accepted, others = accept(pairs, limits)
    except MemoryError:
        raise
    except Exception:
        # A fault of the fast way says nothing about any message: the exact way takes them all.
        logging.getLogger(__name__).exception("the fast way broke")
        return decoded(serialized)
    return _decoded(others, failures)._replace(accepted=accepted)


def decoded(serialized: list[bytes]) -> Chunk:
    """A chunk of messages, each beside its data, on which the first step works."""
    return _decoded(*_read(serialized))


def _read(serialized: list[bytes]) -> tuple[list[Pair], list[Failure]]:
    """Each message with what protobuf reads in it, and a failure for what is not one."""
    try:
        return list(zip(serialized, parsed_together(serialized), strict=True)), []
    except DecodeError:
        pass  # of at least one
    pairs, failures = [], []
    for element in serialized:
        try:
            pairs.append((element, parsed(element)))
        except DecodeError as error:
            failures.append(internal_error(raw_message(element), error))
    return pairs, failures


def _decoded(pairs: list[Pair], failures: list[Failure]) -> Chunk:
    messages = [from_proto(proto) for _, proto in pairs]
    values = [(message, message.data) for message in messages]
    return Chunk([element for element, _ in pairs], values, failures)


def each(step: Step) -> beam.PTransform:
    """`step` on every message of a chunk that is still on its way."""
    return beam.Map(partial(advance, step=step)).with_output_types(Chunk)


def advance(chunk: Chunk, step: Step) -> Chunk:
    """The chunk after `step`: whatever it raises for a message is that message's failure.

    Steps are pure functions of a message, so what they raise never says anything about a table or a
    service, and a bundle that failed for it would be delivered, and fail, for ever.
    """
    kept: list[bytes] = []
    values: list[tuple[Message, Any]] = []
    failures = list(chunk.failures)
    for serialized, (message, value) in zip(chunk.serialized, chunk.values, strict=True):
        try:
            made = step(message, value)
        except InvalidEvent as error:
            failures.append(Failure.of(message, error))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - the border at which one message's fault ends
            failures.append(internal_error(message, error))
        else:
            kept.append(serialized)
            values.append((message, made))
    return Chunk(kept, values, failures, chunk.accepted)
