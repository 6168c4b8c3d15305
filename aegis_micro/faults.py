"""Faults on demand: what happens to the next requests that hold a valid event."""

import asyncio
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from ingest_function.http.problem import Problem, ProblemCode, unavailable

MAX_DELAY_SECONDS = 60  # longer than clients wait
MAX_FAULTS = 1_000  # each is compared with each request
_STATUSES = (0, 429, 500, 503)  # after the last three a client sends again; 0 only delays


class InvalidFault(ValueError):  # noqa: N818 - a verdict on the input
    """The message says which member is wrong."""


@dataclass
class Fault:
    """`status` 0 only delays; with `stored` the events are kept although the answer denies it."""

    status: int = 0
    times: int = 1
    retry_after: int = 1
    delay_seconds: float = 0
    stored: bool = False
    test_id: str | None = None


def parse_fault(document: object) -> Fault:
    """The fault that a JSON object describes.

    Raises:
        InvalidFault: a member is unknown, or out of its range.
    """
    if not isinstance(document, dict) or document.keys() - Fault.__annotations__.keys():
        raise InvalidFault(f"a fault is an object of {', '.join(Fault.__annotations__)}")
    fault = Fault(**document)
    if fault.status not in _STATUSES:
        raise InvalidFault(f"status must be one of {', '.join(map(str, _STATUSES))}")
    _check("times", fault.times, 1, MAX_FAULTS)
    _check("retry_after", fault.retry_after, 1, 3600)
    _check("delay_seconds", fault.delay_seconds, 0, MAX_DELAY_SECONDS)
    return fault


def _check(name: str, value: object, least: int, most: int) -> None:
    if type(value) not in (int, float) or not least <= value <= most:  # type: ignore[operator]
        raise InvalidFault(f"{name} must be a number from {least} to {most}")


class Faults:
    """Ordered faults, each used up after its times."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults = []

    def pending(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._faults]

    def take(self, test_id: str) -> Fault | None:
        """The first fault that is meant for this request."""
        for fault in self._faults:
            if fault.test_id in (None, test_id):
                fault.times -= 1
                self._faults = [each for each in self._faults if each.times > 0]
                return fault
        return None


async def delay(fault: Fault | None) -> None:
    if fault is not None and fault.delay_seconds:
        await asyncio.sleep(fault.delay_seconds)


def problem(fault: Fault) -> Problem | None:
    """What the edge answers, in its own words; None where the fault is only a delay."""
    headers = {"retry-after": str(fault.retry_after)}
    match fault.status:
        case 503:
            detail = "Pub/Sub is unavailable"
            pause = fault.retry_after
            return unavailable(ProblemCode.PUBLISH_UNAVAILABLE, detail, retry_after=pause)
        case 429:
            detail = "too many events; see Retry-After"
            return Problem(
                HTTPStatus.TOO_MANY_REQUESTS, ProblemCode.RATE_LIMITED, detail, headers=headers
            )
        case 500:
            detail = "the request met a fault of the server; nothing of it may be assumed stored"
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            return Problem(status, ProblemCode.INTERNAL_ERROR, detail)
    return None
