"""The service to compare with: FastAPI, pydantic and PublisherClient as their documentation shows.

It validates the same fields, publishes the same attributes, and answers after the same
acknowledgement. For a batch, Google's documentation has two ways: both are here.
"""

import os
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import FastAPI, HTTPException
from google.cloud.pubsub_v1 import PublisherClient  # type: ignore[import-untyped]
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Event(BaseModel):
    model_config = ConfigDict(extra="forbid")

    event_id: UUID = Field(default_factory=uuid4)
    schema_version: int = 1
    user_id: Annotated[str, Field(min_length=1, max_length=128)]
    timestamp: AwareDatetime
    signal_type: Slug
    source_platform: Slug
    flag_type: Slug | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    topic_category: Slug | None = None
    event_details: dict[str, Any] | None = None


app = FastAPI()
publisher = PublisherClient()
topic_path = publisher.topic_path(os.environ["GCP_PROJECT_ID"], os.environ["PUB_SUB_TOPIC_ID"])


@app.post("/v1/events", status_code=202)
def ingest(body: Event | list[Event]) -> list[str]:
    """As in "Publish messages to topics": each publish is waited for before the next."""
    return [publish(event).result() for event in checked(body)]


@app.post("/v1/events/futures", status_code=202)
def ingest_futures(body: Event | list[Event]) -> list[str]:
    """As in "Use batch messaging": all are published, then waited for."""
    futures = [publish(event) for event in checked(body)]
    return [future.result() for future in futures]


def checked(body: Event | list[Event]) -> list[Event]:
    events = body if isinstance(body, list) else [body]
    now = datetime.now(UTC)
    for event in events:
        if not now - timedelta(days=365) <= event.timestamp <= now + timedelta(days=1):
            raise HTTPException(422, "timestamp out of range")
    return events


def publish(event: Event) -> "Future[str]":
    future: Future[str] = publisher.publish(
        topic_path,
        event.model_dump_json(exclude_none=True).encode(),
        event_id=str(event.event_id),
        schema_version=str(event.schema_version),
        received_at=datetime.now(UTC).isoformat(),
        request_id=str(uuid4()),
    )
    return future
