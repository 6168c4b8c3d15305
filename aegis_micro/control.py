"""`/micro/…`: what a test asks, and what it orders."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aegis_micro.faults import Faults, InvalidFault, parse_fault
from aegis_micro.received import Outcome, Received
from ingest_function.events import unreadable_body
from ingest_function.http.exchange import Request, Response, json_response
from ingest_function.http.problem import Problem, ProblemCode
from schemas import InvalidEvent, parse_json

MAX_WAIT_SECONDS = 60  # a test that has waited this long hangs
MAX_BODY_BYTES = 64 * 1024  # far more than the six members of a fault

Query = Mapping[str, list[str]]
Handler = Callable[[Request, Query], Awaitable[Response]]


class Control:
    """Routes the requests that are not for the edge."""

    def __init__(self, received: Received, faults: Faults) -> None:
        self._received = received
        self._faults = faults
        self._routes: Mapping[tuple[str, str], Handler] = {
            ("GET", "/micro/events"): self._events,
            ("GET", "/micro/refused"): self._refused,
            ("POST", "/micro/reset"): self._reset,
            ("GET", "/micro/faults"): self._list_faults,
            ("POST", "/micro/faults"): self._add_fault,
            ("DELETE", "/micro/faults"): self._clear_faults,
        }

    async def answer(self, request: Request, query: Query) -> Response:
        handler = self._routes.get((request.method, request.path))
        if handler is None:
            routes = ", ".join(f"{method} {path}" for method, path in self._routes)
            detail = f"there are {routes}"
            return Problem(HTTPStatus.NOT_FOUND, ProblemCode.NOT_FOUND, detail).response()
        try:
            return await handler(request, query)
        except Problem as problem:
            return problem.response()

    async def _events(self, _request: Request, query: Query) -> Response:
        return await self._show("events", query)

    async def _refused(self, _request: Request, query: Query) -> Response:
        return await self._show("refused", query)

    async def _show(self, outcome: Outcome, query: Query) -> Response:
        """200 with what there is; 408 if `wait_for` entries have not come within `timeout`."""
        test_id = _test_id(query)
        wanted = int(_number(query, "wait_for", 0, 1_000_000))
        seconds = _number(query, "timeout", 5, MAX_WAIT_SECONDS)
        found = await self._received.wait(outcome, test_id, wanted, seconds)
        complete = len(found) >= wanted
        status = HTTPStatus.OK if complete else HTTPStatus.REQUEST_TIMEOUT
        return json_response(status, {"count": len(found), outcome: found})

    async def _reset(self, _request: Request, query: Query) -> Response:
        await self._received.reset(_test_id(query))
        if _test_id(query) is None:
            self._faults.clear()
        return Response(HTTPStatus.NO_CONTENT)

    async def _list_faults(self, _request: Request, _query: Query) -> Response:
        return json_response(HTTPStatus.OK, {"faults": self._faults.pending()})

    async def _add_fault(self, request: Request, _query: Query) -> Response:
        try:
            body = await request.body(MAX_BODY_BYTES)
            fault = parse_fault(parse_json(body))
        except InvalidEvent as refusal:
            raise unreadable_body(refusal.errors[0]) from None
        except InvalidFault as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "invalid_fault", str(error)) from None
        self._faults.add(fault)
        return await self._list_faults(request, {})

    async def _clear_faults(self, _request: Request, _query: Query) -> Response:
        self._faults.clear()
        return Response(HTTPStatus.NO_CONTENT)


def _test_id(query: Query) -> str | None:
    return query["test_id"][-1] if "test_id" in query else None


def _number(query: Query, name: str, default: float, most: float) -> float:
    """A parameter from 0 to `most`.

    Raises:
        Problem: 400.
    """
    try:
        value = float(query[name][-1]) if name in query else default
    except ValueError:
        value = -1
    if not 0 <= value <= most:
        detail = f"{name} must be a number from 0 to {most:g}"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_parameter", detail)
    return value
