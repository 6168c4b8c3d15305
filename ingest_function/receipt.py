"""What the client learns about each event of its request."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from ingest_function.events import Refusal, Verdicts, unreadable_body
from ingest_function.http.exchange import Response, json_response
from ingest_function.http.problem import Problem, ProblemCode
from ingest_function.quarantine import Refused
from schemas import EventError

_ACCEPTED = HTTPStatus.ACCEPTED  # to find a member of an enumeration is slow in Python 3.11


class Batch(NamedTuple):
    """What is kept of a request while Pub/Sub answers: encoded messages, and ids, no events.

    `unreadable` is the one error of a body that cannot be parsed.
    """

    encoded: bytes
    event_ids: list[tuple[int, str]]
    refused: Refused
    rejected: list[dict[str, Any]]
    summary: dict[str, Any]
    all_are_foreign: bool = False
    unreadable: EventError | None = None


def unreadable(error: EventError, refused: Refused) -> Batch:
    """The batch of a body that cannot be parsed."""
    return Batch(b"", [], refused, [], {}, unreadable=error)


def receipt(batch: Batch, message_ids: Sequence[str], *, quarantined: bool) -> Response:
    """202: the valid events are in Pub/Sub under `message_ids`, the others were refused."""
    accepted = [
        {"index": index, "event_id": event_id, "message_id": message_id}
        for (index, event_id), message_id in zip(batch.event_ids, message_ids, strict=True)
    ]
    document = {"accepted": accepted, "rejected": _rejections(batch, quarantined=quarantined)}
    summary = _with_quarantined(batch, quarantined=quarantined)
    return json_response(_ACCEPTED, document, summary=summary)


def nothing_accepted(batch: Batch, *, quarantined: bool) -> Problem:
    """403 if every event is another user's, 413 for too many values, else 400."""
    if batch.all_are_foreign:
        detail = "this client may not send events of these users"
        return Problem(HTTPStatus.FORBIDDEN, ProblemCode.SUBJECT_MISMATCH, detail)
    summary = _with_quarantined(batch, quarantined=quarantined)
    if batch.unreadable is not None:
        members = {"quarantined": quarantined}
        return unreadable_body(batch.unreadable, members=members, summary=summary)
    return Problem(
        HTTPStatus.BAD_REQUEST,
        ProblemCode.NO_VALID_EVENTS,
        "no event of the request is valid",
        members={"accepted": [], "rejected": _rejections(batch, quarantined=quarantined)},
        summary=summary,
    )


def _rejections(batch: Batch, *, quarantined: bool) -> list[dict[str, Any]]:
    return [
        {**each, "quarantined": quarantined and each["index"] in batch.refused.places}
        for each in batch.rejected
    ]


def _with_quarantined(batch: Batch, *, quarantined: bool) -> dict[str, Any]:
    return {**batch.summary, "quarantined": len(batch.refused.places) if quarantined else 0}


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
