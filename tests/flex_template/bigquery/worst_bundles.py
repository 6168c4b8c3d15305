"""Bundles of the largest dead letters, each in a thread of its own; prints the peak of memory.

python -m tests.flex_template.bigquery.worst_bundles attributes|payloads BUNDLES
"""

import json
import sys
import threading
from collections.abc import Iterator

from benchmarks.pipeline.child import peak_bytes
from benchmarks.pipeline.functions import PlainLoop
from flex_template.bigquery.append import AppendDeadLetters, AppendEvents
from flex_template.message import Message, serialize
from tests.flex_template.runs import DEAD_LETTERS_TABLE, EVENTS_TABLE, ORIGIN, PUBLISHED

MESSAGES = {"attributes": 2_000, "payloads": 4}
# https://cloud.google.com/pubsub/quotas#resource_limits: 100 attributes, 1,024 bytes in a value.
LARGEST_ATTRIBUTES = {f"{number:03}".ljust(256, "k"): "v" * 1024 for number in range(100)}


def messages(kind: str, bundle: int) -> Iterator[bytes]:
    """One bundle, made while it is read."""
    for number in range(MESSAGES[kind]):
        data, attributes = b"{", LARGEST_ATTRIBUTES
        if kind == "payloads":
            data, attributes = b"x" * 9_000_000, {}
        yield serialize(Message(data, attributes, f"{bundle}-{number}", PUBLISHED))


def append(kind: str, bundle: int) -> None:
    sinks = AppendEvents(EVENTS_TABLE), AppendDeadLetters(DEAD_LETTERS_TABLE)
    with PlainLoop(*sinks, ORIGIN) as loop:
        loop.append(messages(kind, bundle))


def main() -> None:
    kind, bundles = sys.argv[1], int(sys.argv[2])
    threads = [threading.Thread(target=append, args=(kind, each)) for each in range(bundles)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"messages": bundles * MESSAGES[kind], "peak_bytes": peak_bytes()}))  # noqa: T201


if __name__ == "__main__":
    main()
