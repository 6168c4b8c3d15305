"""From a parsed body to the events worth publishing, and why the others are not."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from ingest_function.auth.access import Client
from ingest_function.http.problem import Problem, ProblemCode
from schemas import MAX_ERRORS, ErrorCode, EventError, InvalidEvent, Limits, validate

# A request is published whole or not at all, so it must fit into one Publish request, which takes
# 1,000 messages: https://cloud.google.com/pubsub/quotas. The body's limit leaves each event 2 KiB.
MAX_EVENTS = 500
# A longer request is validated a slice at a time, so that small ones have their turn in between;
# docs/edge.md, "The worst request of each kind", has what they wait.
LONG_REQUEST_EVENTS = 50
SLICE_EVENTS = 10
# Of one request; once reached, each further event has only one. An error takes 10 us to describe.
MAX_ERRORS_OF_REQUEST = 500
_FOREIGN_USER_ID = EventError(
    ProblemCode.SUBJECT_MISMATCH,  # type: ignore[arg-type]  # a code of the edge alone
    "/user_id",
    "is not a user whose events this client may send",
)

Fields = dict[str, Any]


class Refusal(NamedTuple):
    """An element of the request that is refused: its place, its value as parsed, the reasons."""

    place: int
    document: object
    errors: Sequence[EventError]


class Verdicts(NamedTuple):
    """The places and fields of valid events, and the refusals of all others."""

    valid: list[tuple[int, Fields]]
    refused: list[Refusal]

    @property
    def error_count(self) -> int:
        return sum([len(refusal.errors) for refusal in self.refused])

    @property
    def all_are_foreign(self) -> bool:
        """Nothing but events of users that the client may not speak for."""
        return not self.valid and all(
            refusal.errors == (_FOREIGN_USER_ID,) for refusal in self.refused
        )


def unreadable_body(error: EventError, **about: dict[str, Any]) -> Problem:
    """400, or 413 for too many values, with the code that the pipeline gives to the same bytes."""
    is_large = error.code is ErrorCode.TOO_MANY_VALUES
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if is_large else HTTPStatus.BAD_REQUEST
    return Problem(status, error.code, error.message, **about)


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


class Validation:
    """Validates a request's events, each on its own; one that is long lets others have a turn.

    Belongs to one event loop. Small requests wait for a slice of one long request at most, however
    many of them there are.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._long_request = asyncio.Lock()

    async def verdicts(self, documents: Sequence[object], client: Client, now: int) -> Verdicts:
        """`now` is in microseconds since the Unix epoch."""
        if len(documents) <= LONG_REQUEST_EVENTS:
            return self._slice(documents, 0, MAX_ERRORS_OF_REQUEST, client, now)
        valid: list[tuple[int, Fields]] = []
        refused: list[Refusal] = []
        errors_left = MAX_ERRORS_OF_REQUEST
        async with self._long_request:
            for start in range(0, len(documents), SLICE_EVENTS):
                part = documents[start : start + SLICE_EVENTS]
                found = self._slice(part, start, errors_left, client, now)
                valid += found.valid
                refused += found.refused
                errors_left -= found.error_count
                await asyncio.sleep(0)
        return Verdicts(valid, refused)

    def _slice(
        self, documents: Sequence[object], start: int, errors_left: int, client: Client, now: int
    ) -> Verdicts:
        """The verdicts on some of the events, the first of which has the place `start`.

        Once `errors_left` errors are described, each further event gets only one.
        """
        valid: list[tuple[int, Fields]] = []
        refused: list[Refusal] = []
        for place, document in enumerate(documents, start):
            try:
                most = MAX_ERRORS if errors_left > 0 else 1
                event = validate(document, now=now, limits=self._limits, max_errors=most)
            except InvalidEvent as refusal:
                errors_left -= len(refusal.errors)
                refused.append(Refusal(place, document, refusal.errors))
            else:
                if client.may_send(event.fields["user_id"]):
                    valid.append((place, event.fields))
                else:
                    refused.append(Refusal(place, document, (_FOREIGN_USER_ID,)))
        return Verdicts(valid, refused)
