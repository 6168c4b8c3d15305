"""`POST /v1/events` as a list of steps; the response is sent only after Pub/Sub acknowledged."""

from collections.abc import Sequence

from ingest_function.auth.access import Access
from ingest_function.events import check_subject, judge, parse_body, split
from ingest_function.http.asgi import Request, Response
from ingest_function.http.body import read_body
from ingest_function.http.problem import ProblemCode, unavailable
from ingest_function.publish.groups import QueueFull
from ingest_function.publish.messages import encode_messages
from ingest_function.publish.publisher import Publisher, PublishFailed
from ingest_function.publish.pubsub import RETRYABLE
from ingest_function.receipt import none_valid, receipt
from ingest_function.settings import Settings
from schemas import now_micros


class Ingest:
    """Takes one request's events to Pub/Sub."""

    def __init__(self, settings: Settings, access: Access, publisher: Publisher) -> None:
        self._settings = settings
        self._access = access
        self._publisher = publisher

    async def __call__(self, request: Request) -> Response:
        subject = await self._access.subject(request.headers)
        documents = split(parse_body(await read_body(request)))
        now = now_micros()
        verdicts = judge(documents, now=now, limits=self._settings.limits)
        if not verdicts.valid:
            raise none_valid(verdicts)
        check_subject(verdicts.valid, subject)
        encoded = encode_messages(
            [fields for _, fields in verdicts.valid],
            user_id_key=self._settings.user_id_key,
            received_at=now,
            request_id=request.id,
        )
        return receipt(verdicts, await self._publish(encoded, len(verdicts.valid)))

    async def _publish(self, encoded: bytes, count: int) -> Sequence[str]:
        try:
            return await self._publisher.publish(encoded, count)
        except QueueFull:
            detail = "too many events wait for Pub/Sub"
            raise unavailable(ProblemCode.OVERLOADED, detail, retry_after=1) from None
        except TimeoutError:
            detail = "Pub/Sub did not acknowledge in time"
            raise unavailable(ProblemCode.PUBLISH_TIMEOUT, detail, retry_after=5) from None
        except PublishFailed as failure:
            summary = {"pubsub_code": failure.code.name}
            if failure.code in RETRYABLE:
                code, detail, pause = ProblemCode.PUBLISH_UNAVAILABLE, "Pub/Sub is unavailable", 5
            else:
                code, detail, pause = ProblemCode.PUBLISH_REFUSED, "Pub/Sub refused the call", 60
            raise unavailable(code, detail, retry_after=pause, summary=summary) from None
