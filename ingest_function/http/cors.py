"""Cross-origin requests (the Fetch standard): an exact allow-list, and never credentials."""

from http import HTTPStatus

from ingest_function.http.asgi import Headers, Request, Response
from ingest_function.http.problem import Problem, ProblemCode

_VARY = {b"vary": b"Origin"}
_PREFLIGHT = {
    b"access-control-allow-methods": b"POST",
    b"access-control-allow-headers": (
        b"authorization, content-encoding, content-type, traceparent, x-api-key, x-request-id"
    ),
    b"access-control-max-age": b"86400",
}


class Cors:
    """A client that is no browser sends no Origin, and is not refused."""

    def __init__(self, allowed: frozenset[bytes]) -> None:
        self._allowed = allowed

    def check(self, request: Request) -> None:
        """Let an allowed origin pass.

        Raises:
            Problem: 403.
        """
        origin = request.headers.get(b"origin")
        if origin is not None and origin not in self._allowed:
            detail = "this origin may not send events"
            raise Problem(HTTPStatus.FORBIDDEN, ProblemCode.ORIGIN_NOT_ALLOWED, detail)

    async def preflight(self, _request: Request) -> Response:
        return Response(HTTPStatus.NO_CONTENT, headers=dict(_PREFLIGHT))

    def headers(self, request: Request) -> Headers:
        """What lets the browser hand our answer to its page."""
        origin = request.headers.get(b"origin")
        if origin not in self._allowed:
            return _VARY
        return {
            **_VARY,
            b"access-control-allow-origin": origin,
            b"access-control-expose-headers": b"retry-after, x-request-id",
        }
