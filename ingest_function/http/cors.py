"""Cross-origin requests: an exact allow-list, and never credentials.

A browser shows a page nothing of an answer that does not allow the page's origin, so a refused
client could not tell a missing entry in `ALLOWED_ORIGINS` from a server that is down. The preflight
therefore passes for every origin, and a refused one may read the one answer it ever gets: 403
`origin_not_allowed`, whatever it asked for (https://fetch.spec.whatwg.org/#http-cors-protocol).
"""

from http import HTTPStatus

from ingest_function.http.exchange import Request, Response
from ingest_function.http.problem import Problem, ProblemCode

_VARY = {"vary": "Origin"}
_PREFLIGHT = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": (
        "authorization, content-encoding, content-type, traceparent, x-api-key, x-request-id"
    ),
    "access-control-max-age": "86400",
}


class Cors:
    """A client that is not a browser sends no Origin, and is not refused."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def check(self, request: Request) -> None:
        """Let an allowed origin pass, and a preflight, which asks for nothing yet.

        Raises:
            Problem: 403.
        """
        origin = request.headers.get("origin")
        if origin is None or origin in self._allowed or request.method == "OPTIONS":
            return
        detail = "this origin may not send events"
        headers = {"access-control-allow-origin": origin}
        code = ProblemCode.ORIGIN_NOT_ALLOWED
        raise Problem(HTTPStatus.FORBIDDEN, code, detail, headers=headers)

    async def preflight(self, request: Request) -> Response:
        headers = dict(_PREFLIGHT)
        if origin := request.headers.get("origin"):
            headers["access-control-allow-origin"] = origin
        return Response(HTTPStatus.NO_CONTENT, headers=headers)

    def headers(self, request: Request) -> dict[str, str]:
        """What lets the browser hand any answer to an allowed page."""
        origin = request.headers.get("origin")
        if origin not in self._allowed:
            return _VARY
        return {
            **_VARY,
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "retry-after, x-request-id",
        }
