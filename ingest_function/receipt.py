"""What the client learns about each event of its request."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from ingest_function.events import Refusal, Verdicts
from ingest_function.http.exchange import Response, json_response
from ingest_function.http.problem import Problem, ProblemCode


class Batch(NamedTuple):
    """What is kept of a request while Pub/Sub answers: encoded messages, and ids, no events."""

    encoded: bytes
    event_ids: list[tuple[int, str]]
    rejected: list[dict[str, Any]]
    summary: dict[str, Any]


def receipt(batch: Batch, message_ids: Sequence[str]) -> Response:
    """202: the valid events are in Pub/Sub under `message_ids`, the others were refused."""
    accepted = [
        {"index": index, "event_id": event_id, "message_id": message_id}
        for (index, event_id), message_id in zip(batch.event_ids, message_ids, strict=True)
    ]
    document = {"accepted": accepted, "rejected": batch.rejected}
    return json_response(HTTPStatus.ACCEPTED, document, summary=batch.summary)


def nothing_accepted(verdicts: Verdicts) -> Problem:
    """403 if every event is another user's, else 400: no event of the request was valid."""
    if verdicts.all_are_foreign:
        detail = "this client may not send events of these users"
        return Problem(HTTPStatus.FORBIDDEN, ProblemCode.SUBJECT_MISMATCH, detail)
    return Problem(
        HTTPStatus.BAD_REQUEST,
        ProblemCode.NO_VALID_EVENTS,
        "no event of the request is valid",
        members={"accepted": [], "rejected": rejected(verdicts.refused)},
        summary=summary(verdicts),
    )


def rejected(refusals: Sequence[Refusal]) -> list[dict[str, Any]]:
    return [
        {"index": refusal.place, "errors": [error._asdict() for error in refusal.errors]}
        for refusal in refusals
    ]


def summary(verdicts: Verdicts) -> dict[str, Any]:
    """What the log says: numbers of events, and of errors by code."""
    counts: dict[str, Any] = {"accepted": len(verdicts.valid), "rejected": len(verdicts.refused)}
    if verdicts.refused:
        errors = [error for refusal in verdicts.refused for error in refusal.errors]
        counts["error_codes"] = Counter(error.code.value for error in errors)
    return counts
