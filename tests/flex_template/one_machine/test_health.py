"""What `/health` says of a service that does not read, or does not store."""

import pytest

from flex_template.job import Job
from flex_template.one_machine import service
from flex_template.one_machine.service import Service
from flex_template.one_machine.source import PULLERS
from local.names import SUBSCRIPTION
from tests.flex_template.one_machine.queue import Queue, wait_for
from tests.flex_template.runs import SUBSCRIPTION_OPTIONS


def test_a_service_that_does_not_read_yet_says_so() -> None:
    starting = Service(Job.of(SUBSCRIPTION_OPTIONS, {}).pipeline)
    assert starting.snapshot().problem == "the pipeline is starting"


def test_a_bundle_that_is_open_for_a_minute_is_a_problem(
    pubsub: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    puller = PULLERS.open(SUBSCRIPTION)
    try:
        pubsub.publish(b"one")
        taken = puller.take(1, seconds=30)
        state = Service(Job.of(SUBSCRIPTION_OPTIONS, {}).pipeline)
        assert state.snapshot().problem is None
        monkeypatch.setattr(service, "SLOW_SECONDS", 0)
        assert str(state.snapshot().problem).startswith("BigQuery has not stored a bundle for ")
        puller.acknowledge(taken)
        wait_for(lambda: state.snapshot().problem is None)
    finally:
        PULLERS.close()
