"""From a parsed body to the events worth publishing, and why the others are not."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from ingest_function.http.problem import Problem, ProblemCode
from schemas import EventError, InvalidEvent, Limits, parse_json, validate

MAX_EVENTS = 500

Fields = dict[str, Any]


class Verdicts(NamedTuple):
    """Positions in the request, with the event's fields or with the reasons of its refusal."""

    valid: list[tuple[int, Fields]]
    invalid: list[tuple[int, Sequence[EventError]]]


def parse_body(body: bytes) -> object:
    """The body as JSON, parsed once for all its events.

    Raises:
        Problem: 400, with the code that the pipeline gives to the same bytes.
    """
    try:
        return parse_json(body)
    except InvalidEvent as refusal:
        error = refusal.errors[0]
        raise Problem(HTTPStatus.BAD_REQUEST, error.code, error.message) from None


def split(document: object) -> list[object]:
    """The events of a body: the items of an array, else the document itself.

    Raises:
        Problem: 400 for no event, 413 for more than `MAX_EVENTS`.
    """
    if not isinstance(document, list):
        return [document]
    if not document:
        detail = "the array holds no event"
        raise Problem(HTTPStatus.BAD_REQUEST, ProblemCode.NO_EVENTS, detail)
    if len(document) > MAX_EVENTS:
        detail = f"{len(document)} events, at most {MAX_EVENTS}"
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise Problem(status, ProblemCode.TOO_MANY_EVENTS, detail)
    return document


def judge(documents: Sequence[object], *, now: int, limits: Limits) -> Verdicts:
    """Validate each event on its own; `now` is in microseconds since the Unix epoch."""
    verdicts = Verdicts([], [])
    for index, document in enumerate(documents):
        try:
            event = validate(document, now=now, limits=limits)
        except InvalidEvent as refusal:
            verdicts.invalid.append((index, refusal.errors))
        else:
            verdicts.valid.append((index, event.fields))
    return verdicts


def check_subject(valid: Sequence[tuple[int, Fields]], subject: str | None) -> None:
    """Let through a client that may send any user's events, or sends only its own.

    Raises:
        Problem: 403.
    """
    if subject is not None and any(fields["user_id"] != subject for _, fields in valid):
        detail = "every user_id must be the subject of the token"
        raise Problem(HTTPStatus.FORBIDDEN, ProblemCode.SUBJECT_MISMATCH, detail)
