"""Kinds of subscription that only Google's emulator has."""

import orjson

from benchmarks.one_machine.setting import setting
from local.names import SUBSCRIPTION, TOPIC
from local.pubsub import clients
from tests.flex_template.runs import EVENT
from tests.machine import pubsub_emulator

MESSAGES = 300
SECONDS = 60


def test_an_ordered_exactly_once_subscription_is_read_to_its_end() -> None:
    """Half of the messages have one key, of which only one response at a time is on lease."""
    pubsub_emulator(0)
    with setting("google") as stage, clients.connect(stage.host) as channel:
        subscriber = clients.subscriber(channel)
        subscriber.delete_subscription(subscription=SUBSCRIPTION)
        subscriber.create_subscription(
            request={
                "name": SUBSCRIPTION,
                "topic": TOPIC,
                "enable_message_ordering": True,
                "enable_exactly_once_delivery": True,
            }
        )
        messages = [
            {"data": orjson.dumps(EVENT), "ordering_key": f"user-{number % 20 * (number % 2)}"}
            for number in range(MESSAGES)
        ]
        published = set(stage.publisher.publish(topic=TOPIC, messages=messages).message_ids)
        with stage.service() as service:
            service.wait_for(lambda: not stage.bigquery.missing(published), SECONDS)
            service.process.terminate()
            assert service.process.wait(10) == 0
        assert stage.bigquery.repeated == 0
