"""The baseline: Google's own subscriber client and the pipeline's functions, without Beam.

    python -m benchmarks.one_machine.subscriber

It is what one would write by hand: a callback fills a queue, a loop takes what is there, stores it
and acknowledges it.
"""

import queue
from typing import Any

from google.cloud.pubsub_v1 import SubscriberClient  # type: ignore[import-untyped]
from google.cloud.pubsub_v1.types import FlowControl  # type: ignore[import-untyped]

from benchmarks.pipeline.functions import PlainLoop
from flex_template.bigquery.append import AppendDeadLetters, AppendEvents
from flex_template.dead_letter import Origin
from flex_template.one_machine.leases import MAX_MESSAGES as MAX_ON_LEASE
from flex_template.one_machine.pace import MAX_MESSAGES
from local.names import DEAD_LETTERS, EVENTS, SUBSCRIPTION


def main() -> None:
    """Read until it is killed."""
    received: queue.SimpleQueue[Any] = queue.SimpleQueue()
    flow = FlowControl(max_messages=MAX_ON_LEASE)
    SubscriberClient().subscribe(SUBSCRIPTION, callback=received.put, flow_control=flow)
    origin = Origin(SUBSCRIPTION, EVENTS, None)
    sinks = AppendEvents(EVENTS), AppendDeadLetters(DEAD_LETTERS)
    with PlainLoop(*sinks, origin) as loop:
        while True:
            messages = _taken(received)
            # The client wraps the plain message that the functions want.
            loop.append(message._message.SerializeToString() for message in messages)  # noqa: SLF001
            for message in messages:
                message.ack()


def _taken(received: "queue.SimpleQueue[Any]") -> list[Any]:
    """What is there, waiting for the first."""
    messages = [received.get()]
    while len(messages) < MAX_MESSAGES:
        try:
            messages.append(received.get_nowait())
        except queue.Empty:
            break
    return messages


if __name__ == "__main__":
    main()
