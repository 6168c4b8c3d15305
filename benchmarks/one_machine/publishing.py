"""What is published: all at once, evenly, or as much as is stored."""

import time
from itertools import cycle

from google.pubsub_v1.types import PublishRequest

from benchmarks.one_machine.setting import Setting
from benchmarks.pipeline.messages import DISTINCT, payload
from local.names import TOPIC

AT_ONCE = 1_000
# Stands for a rate: as many messages a second as the reader stores.
SATURATION = 0
# On their way from the publisher to a row: the bundle that is worked on, and two more.
OUTSTANDING = 6_000
PAUSE_SECONDS = 0.001


def publish(stage: Setting, count: int) -> None:
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        messages = [{"data": payload(number % DISTINCT)} for number in numbers]
        stage.publisher.publish(topic=TOPIC, messages=messages)


def publish_for(stage: Setting, rate: int, seconds: int) -> int:
    """So many messages a second, or `SATURATION`; the number of messages."""
    if rate == SATURATION:
        return _publish_what_is_stored(stage, seconds)
    return _publish_evenly(stage, rate, seconds)


def _publish_evenly(stage: Setting, rate: int, seconds: int) -> int:
    """Up to a hundred times a second."""
    at_once = max(1, rate // 100)
    start, count = time.monotonic(), rate * seconds // at_once
    for number in range(count):
        time.sleep(max(0.0, start + number * at_once / rate - time.monotonic()))
        publish(stage, at_once)
    return count * at_once


def _publish_what_is_stored(stage: Setting, seconds: int) -> int:
    """Another thousand as soon as fewer than `OUTSTANDING` are on their way."""
    stored, count = stage.bigquery.count, 0
    until = time.monotonic() + seconds
    for request in cycle(_requests()):
        while count - (stage.bigquery.count - stored) > OUTSTANDING - AT_ONCE:
            time.sleep(PAUSE_SECONDS)
        if time.monotonic() > until:
            return count
        stage.publisher.publish(request)
        count += AT_ONCE
    raise AssertionError("a cycle has no end")


def _requests() -> list[PublishRequest]:
    """Made once: the publisher shares its core with the servers."""
    numbers = [range(start, start + AT_ONCE) for start in range(0, DISTINCT, AT_ONCE)]
    return [
        PublishRequest(topic=TOPIC, messages=[{"data": payload(number)} for number in each])
        for each in numbers
    ]
