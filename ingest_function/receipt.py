"""What the client learns about each event of its request."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from ingest_function.events import Verdicts
from ingest_function.http.asgi import Response
from ingest_function.http.problem import Problem, ProblemCode


def receipt(verdicts: Verdicts, message_ids: Sequence[str]) -> Response:
    """202: the valid events are in Pub/Sub under `message_ids`, the others were refused."""
    accepted = [
        {"index": index, "event_id": fields["event_id"], "message_id": message_id}
        for (index, fields), message_id in zip(verdicts.valid, message_ids, strict=True)
    ]
    document = {"accepted": accepted, "rejected": _rejected(verdicts)}
    return Response(HTTPStatus.ACCEPTED, document, summary=_summary(verdicts))


def none_valid(verdicts: Verdicts) -> Problem:
    """400: no event of the request was valid."""
    return Problem(
        HTTPStatus.BAD_REQUEST,
        ProblemCode.NO_VALID_EVENTS,
        "no event of the request is valid",
        members={"accepted": [], "rejected": _rejected(verdicts)},
        summary=_summary(verdicts),
    )


def _rejected(verdicts: Verdicts) -> list[dict[str, Any]]:
    return [
        {"index": index, "errors": [error._asdict() for error in errors]}
        for index, errors in verdicts.invalid
    ]


def _summary(verdicts: Verdicts) -> dict[str, Any]:
    summary: dict[str, Any] = {"accepted": len(verdicts.valid), "rejected": len(verdicts.invalid)}
    if verdicts.invalid:
        codes = Counter(error.code.value for _, errors in verdicts.invalid for error in errors)
        summary["error_codes"] = codes
    return summary
