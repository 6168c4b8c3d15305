"""Nothing is lost and nothing invented on the way."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx

from local.names import TOPIC
from local.stack import Stack
from tests.end_to_end.tables import wait_for

REQUESTS = 30
EVENTS_PER_REQUEST = 20
MESSAGES = 50


def batch(number: int) -> list[dict[str, Any]]:
    now = datetime.now(UTC).isoformat()
    return [
        {
            "user_id": f"user-counts-{number}-{index}",
            "timestamp": now,
            "signal_type": "page_view",
            "source_platform": "web" if index % 5 else "Not A Slug",
        }
        for index in range(EVENTS_PER_REQUEST)
    ]


def test_concurrent_batches_are_stored_exactly(stack: Stack, edge: httpx.Client) -> None:
    batches = [batch(number) for number in range(REQUESTS)]
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda events: edge.post("/v1/events", json=events), batches))
    accepted = [item["message_id"] for answer in answers for item in answer.json()["accepted"]]

    query = "SELECT message_id, user_id FROM aegis.events WHERE user_id LIKE 'user-counts-%'"
    stored = wait_for(stack, query, lambda rows: len(rows) >= len(accepted))

    assert {answer.status_code for answer in answers} == {202}
    assert Counter(row["message_id"] for row in stored) == Counter(accepted)
    valid = [event for events in batches for event in events if event["source_platform"] == "web"]
    assert Counter(row["user_id"] for row in stored) == Counter(item["user_id"] for item in valid)


def test_every_bad_message_becomes_one_dead_letter_with_its_bytes(stack: Stack) -> None:
    payloads = [b"\xff counts %d" % number for number in range(MESSAGES)]
    published = stack.publisher.publish(
        topic=TOPIC, messages=[{"data": payload} for payload in payloads]
    )

    query = "SELECT message_id, payload FROM aegis.dead_letters WHERE error_code = 'not_utf8'"
    ids = set(published.message_ids)
    stored = wait_for(stack, query, lambda rows: ids <= {row["message_id"] for row in rows})

    found = [(row["message_id"], row["payload"]) for row in stored if row["message_id"] in ids]
    assert Counter(found) == Counter(zip(published.message_ids, payloads, strict=True))
