"""A Pub/Sub that stops in the middle of a request: told as 503, made good by a retry."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import grpc
import httpx

from local.pubsub.server import PubSubServer
from local.stack import Stack
from tests.end_to_end.tables import wait_for

ENDLESS = 1_000_000


def test_a_retry_after_an_outage_is_stored_once_in_the_view(
    stack: Stack, queue: PubSubServer, edge: httpx.Client
) -> None:
    event_id = str(uuid.uuid4())
    event = {
        "event_id": event_id,
        "user_id": "user-outage",
        "timestamp": datetime.now(UTC).isoformat(),
        "signal_type": "page_view",
        "source_platform": "web",
    }
    query = f"SELECT event_id FROM aegis.events WHERE event_id = '{event_id}'"  # noqa: S608
    queue.faults.fail("Publish", grpc.StatusCode.UNAVAILABLE, ENDLESS, applied=True)

    with ThreadPoolExecutor(1) as executor:
        request = executor.submit(edge.post, "/v1/events", json=event)
        assert wait_for(stack, query, bool), "the first Publish takes effect, its answer is lost"
        queue.stop()
        refused = request.result()
    queue.faults.clear()
    queue.restart()
    before = len(wait_for(stack, query, bool))
    accepted = edge.post("/v1/events", json=event)

    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert accepted.status_code == 202
    assert accepted.json()["accepted"][0]["event_id"] == event_id
    assert len(wait_for(stack, query, lambda rows: len(rows) > before)) > before
    view = query.replace("aegis.events", "aegis.events_deduplicated")
    assert wait_for(stack, view, bool) == [{"event_id": event_id}]
