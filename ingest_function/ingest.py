"""`POST /v1/events` as a list of steps; the response is sent only after Pub/Sub acknowledged."""

import asyncio
from collections.abc import Sequence

from ingest_function.auth.access import Access, Client
from ingest_function.events import Validation, split
from ingest_function.http.body import BodyReader
from ingest_function.http.exchange import Request, Response
from ingest_function.http.problem import ProblemCode, unavailable
from ingest_function.identity import preparation, protection
from ingest_function.limits.limiter import Limiter
from ingest_function.logs.logs import trace_attribute
from ingest_function.publish.groups import QueueFull
from ingest_function.publish.messages import encode_messages, time_attribute
from ingest_function.publish.publisher import RETRYABLE, EventPublisher, PublishFailed
from ingest_function.quarantine import Quarantine
from ingest_function.receipt import (
    Batch,
    nothing_accepted,
    receipt,
    rejected,
    summary,
    unreadable,
)
from ingest_function.settings import Settings
from ingest_function.turns import Turns
from schemas import InvalidEvent, now_micros, parse_json

LONG_BODY_BYTES = 32 * 1024


class Ingest:
    """Takes one request's events to Pub/Sub; belongs to one event loop."""

    def __init__(self, settings: Settings, access: Access, publisher: EventPublisher) -> None:
        self._access = access
        self._publisher = publisher
        protect = protection(settings)
        self._quarantine = Quarantine(publisher, protect, enabled=settings.quarantines)
        self._bodies = BodyReader()
        self._long_bodies = Turns()
        self._validation = Validation(settings.limits)
        self._prepare = preparation(protect)
        self._limiter = Limiter(
            settings.rate_limits,
            is_dry_run=settings.rate_limits_dry_run,
            trusted_proxies=settings.trusted_proxies,
        )

    async def __call__(self, request: Request) -> Response:
        client = await self._access.client(request)
        if client.name:
            request.log_fields["client"] = client.name
        self._limiter.check(request, client)
        batch = await self._read_batch(request, client)
        if not batch.event_ids:
            quarantined = await self._quarantine.publish(batch.refused, client)
            raise nothing_accepted(batch, quarantined=quarantined)
        if not batch.refused.places:  # a task each, for nothing, would cost a tenth of the request
            return receipt(batch, await self._publish(batch, client), quarantined=False)
        message_ids, quarantined = await asyncio.gather(
            self._publish(batch, client), self._quarantine.publish(batch.refused, client)
        )
        return receipt(batch, message_ids, quarantined=quarantined)

    async def _read_batch(self, request: Request, client: Client) -> Batch:
        """Read, validate, prepare and encode; body and events are let go on return."""
        body = await self._bodies.read(request)
        if len(body) <= LONG_BODY_BYTES:
            return await self._batch(request, client, body)
        async with self._long_bodies:  # what is parsed is much larger: one at a time
            return await self._batch(request, client, body)

    async def _batch(self, request: Request, client: Client, body: bytes) -> Batch:
        now = now_micros()
        attributes = {
            "received_at": time_attribute(now),
            "request_id": request.id,
            **trace_attribute(request.headers),
        }
        try:
            document = parse_json(body)
        except InvalidEvent as error:
            self._limiter.charge(request, client, events=1, size=len(body))
            refused = self._quarantine.of_body(body, error.errors, attributes)
            return unreadable(error.errors[0], refused)
        documents = split(document)
        self._limiter.charge(request, client, events=len(documents), size=len(body))
        verdicts = await self._validation.verdicts(documents, client, now)
        events = [self._prepare(fields) for _, fields in verdicts.valid]
        event_ids = [
            (index, event["event_id"])
            for (index, _), event in zip(verdicts.valid, events, strict=True)
        ]
        return Batch(
            encode_messages(events, attributes),
            event_ids,
            self._quarantine.of_events(body, verdicts.refused, client, attributes),
            rejected(verdicts.refused),
            summary(verdicts),
            all_are_foreign=verdicts.all_are_foreign,
        )

    async def _publish(self, batch: Batch, client: Client) -> Sequence[str]:
        try:
            return await self._publisher.publish(batch.encoded, len(batch.event_ids), client.name)
        except QueueFull:
            detail = "too many events wait for Pub/Sub"
            raise unavailable(ProblemCode.OVERLOADED, detail, retry_after=1) from None
        except TimeoutError:
            detail = "Pub/Sub did not acknowledge in time"
            raise unavailable(ProblemCode.PUBLISH_TIMEOUT, detail, retry_after=5) from None
        except PublishFailed as failure:
            extra = {"pubsub_code": failure.code.name}
            if failure.code in RETRYABLE:
                code, detail, pause = ProblemCode.PUBLISH_UNAVAILABLE, "Pub/Sub is unavailable", 5
            else:
                code, detail, pause = ProblemCode.PUBLISH_REFUSED, "Pub/Sub refused the call", 60
            raise unavailable(code, detail, retry_after=pause, summary=extra) from None
