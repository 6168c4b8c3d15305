"""A process dies when BigQuery has answered and Pub/Sub has not been told."""

import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchmarks.one_machine.setting import Setting
from tests.flex_template.one_machine.queue import Queue, wait_for
from tests.flex_template.runs import EVENT

SECONDS = 60


@pytest.mark.slow
def test_what_was_answered_but_not_committed_is_stored_again(pubsub: Queue, tmp_path: Path) -> None:
    reached, released = threading.Event(), threading.Event()

    def hold_dead_letters(_: Any, table: str, __: Any) -> None:
        """They are sent when every event of their bundle is answered for."""
        if table == "dead_letters":
            reached.set()
            released.wait(SECONDS)

    with Setting(pubsub.server.host, pubsub.publisher, tmp_path) as stage:
        stage.bigquery.fault = lambda: hold_dead_letters
        good, bad = pubsub.publish(orjson.dumps(EVENT), b"{")
        with stage.service() as killed:
            killed.wait_for(reached.is_set, SECONDS)
            assert stage.bigquery.ids == {good: 1}
            killed.process.kill()
            killed.process.wait(SECONDS)
            assert pubsub.backlog == 2
        released.set()
        with stage.service():
            wait_for(lambda: pubsub.backlog == 0, SECONDS)
        assert stage.bigquery.ids[good] == 2
        assert stage.bigquery.ids[bad] >= 1
