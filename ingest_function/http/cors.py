"""Cross-origin requests: an exact allow-list, and never credentials.

A browser shows a page nothing of an answer that does not allow the page's origin, so a refused
client could not tell a missing entry in `ALLOWED_ORIGINS` from a server that is down. The preflight
therefore passes for every origin, and a refused one may read the one answer it ever gets: 403
`origin_not_allowed`, whatever it asked for (https://fetch.spec.whatwg.org/#http-cors-protocol).
"""

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
        """Let an allowed origin pass, and a preflight, which asks for nothing yet.

        Raises:
            Problem: 403.
        """
        origin = request.headers.get(b"origin")
        if origin is None or origin in self._allowed or request.method == "OPTIONS":
            return
        detail = "this origin may not send events"
        headers = {b"access-control-allow-origin": origin}
        code = ProblemCode.ORIGIN_NOT_ALLOWED
        raise Problem(HTTPStatus.FORBIDDEN, code, detail, headers=headers)

    async def preflight(self, request: Request) -> Response:
        headers = dict(_PREFLIGHT)
        if origin := request.headers.get(b"origin"):
            headers[b"access-control-allow-origin"] = origin
        return Response(HTTPStatus.NO_CONTENT, headers=headers)

    def headers(self, request: Request) -> Headers:
        """What lets the browser hand any answer to an allowed page."""
        origin = request.headers.get(b"origin")
        if origin not in self._allowed:
            return _VARY
        return {
            **_VARY,
            b"access-control-allow-origin": origin,
            b"access-control-expose-headers": b"retry-after, x-request-id",
        }
