"""What the edge does with a request, whatever server hosts it."""

import gc
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPMethod, HTTPStatus
from typing import TYPE_CHECKING

from ingest_function.auth.access import open_access
from ingest_function.http.cors import Cors
from ingest_function.http.exchange import Request, Response, json_response, no_body
from ingest_function.http.problem import Problem, ProblemCode, headers_too_large, internal_error
from ingest_function.ingest import Ingest
from ingest_function.logs.logs import Log, Severity
from ingest_function.publish.publisher import EventPublisher
from ingest_function.settings import Settings
from schemas import __version__

if TYPE_CHECKING:
    from ingest_function.logs.spans import Spans

# As Node has it: https://nodejs.org/api/cli.html#--max-http-header-sizesize
MAX_HEADER_BYTES = 16 * 1024
# Of two copies, proxies and we might each believe another.
_SINGLE_HEADERS = (
    "authorization",
    "content-encoding",
    "content-type",
    "host",
    "origin",
    "x-api-key",
)
# Requests allocate too much for the default of 700: a collection each, which walks what they hold.
GC_THRESHOLD = 50_000

# Any other word is the client's own, and would be its own text in our log.
_METHODS = frozenset(HTTPMethod)
# By the first digit of a status.
_SEVERITIES = [Severity.INFO] * 4 + [Severity.WARNING, Severity.ERROR]

Handler = Callable[[Request], Awaitable[Response]]


class Edge:
    """Routes, guards and logs every request; belongs to one event loop."""

    def __init__(self, settings: Settings, publisher: EventPublisher) -> None:
        self._publisher = publisher
        self._cors = Cors(settings.allowed_origins)
        self._log = Log(settings.project, settings.log_level)
        self._spans = _open_spans() if settings.exports_spans else None
        ingest = Ingest(settings, open_access(settings), publisher)
        self._routes: Mapping[str, Mapping[str, Handler]] = {
            "/v1/events": {"POST": ingest, "OPTIONS": self._cors.preflight},
            "/health": {"GET": _health, "HEAD": _health},
        }
        self.is_draining = False

    async def answer(self, request: Request) -> Response:
        """The response to one request; no exception leaves, and every request has its line."""
        started = time.perf_counter()
        span = self._spans.begin(request) if self._spans else None
        try:
            response = await self._handler(request)(request)
        except Problem as problem:
            response = problem.response()
        except Exception as error:  # noqa: BLE001 - the border: no request is left unanswered
            response = internal_error(error).response()
        response.headers["x-request-id"] = request.id
        response.headers.update(self._cors.headers(request))
        if self.is_draining or request.has_unread_body:
            response.headers["connection"] = "close"
        self._write_log(request, response, time.perf_counter() - started)
        if self._spans and span:
            self._spans.end(span, *self._known(request), response)
        return response

    def refuse(self, problem: Problem) -> Response:
        """The response to what is not a request, or comes at a bad time; it has its line too."""
        request = Request("", "", (), "", no_body)
        response = problem.response()
        response.headers["x-request-id"] = request.id
        self._write_log(request, response, 0)
        return response

    async def close(self) -> None:
        """Finish what is on its way to Pub/Sub, then disconnect."""
        await self._publisher.close()
        await self._log.close()
        if self._spans:
            await self._spans.close()

    def _handler(self, request: Request) -> Handler:
        _check_headers(request)
        methods = self._routes.get(request.path)
        if methods is None and request.method == "OPTIONS":
            return self._cors.preflight  # or a browser shows a wrong path as a server that is down
        if methods is None:
            detail = "there are /v1/events and /health"
            raise Problem(HTTPStatus.NOT_FOUND, ProblemCode.NOT_FOUND, detail)
        if request.method not in methods:
            allowed = ", ".join(methods)
            status = HTTPStatus.METHOD_NOT_ALLOWED
            headers = {"allow": allowed}
            detail = f"the methods are {allowed}"
            raise Problem(status, ProblemCode.METHOD_NOT_ALLOWED, detail, headers=headers)
        self._cors.check(request)
        return methods[request.method]

    def _known(self, request: Request) -> tuple[str, str]:
        """Method and path, as far as they are not the client's own words."""
        path = request.path if request.path in self._routes else "(unknown)"
        return request.method if request.method in _METHODS else "(unknown)", path

    def _write_log(self, request: Request, response: Response, seconds: float) -> None:
        method, path = self._known(request)
        http_request = {
            "requestMethod": method,
            "requestUrl": path,
            "requestSize": request.headers.get("content-length", "0")[:20],
            "status": int(response.status),
            "latency": f"{seconds:.6f}s",
        }
        fields = {
            "httpRequest": http_request,
            "request_id": request.id,
            **self._log.trace(request.headers),
            **request.log_fields,
            **response.summary,
        }
        message = f"{method} {path} {int(response.status)}"
        self._log.write(_severity(response.status), message, fields)


def open_edge(settings: Settings, publisher: EventPublisher) -> Edge:
    """An edge that has its process for itself; call it in the event loop that will serve."""
    edge = Edge(settings, publisher)
    gc.collect()
    gc.freeze()  # what is imported stays: without this, collections walk it and stall requests
    gc.set_threshold(GC_THRESHOLD)
    return edge


def _open_spans() -> "Spans":
    from ingest_function.logs.spans import Spans  # noqa: PLC0415 - slow, seldom wanted

    return Spans()


def _check_headers(request: Request) -> None:
    if request.headers_size > MAX_HEADER_BYTES:
        raise headers_too_large(MAX_HEADER_BYTES)
    if len(request.headers) < len(request.header_list):
        counts = Counter(name for name, _ in request.header_list)
        for name in _SINGLE_HEADERS:
            if counts[name] > 1:
                detail = f"{name} may be sent only once"
                raise Problem(HTTPStatus.BAD_REQUEST, ProblemCode.REPEATED_HEADER, detail)


async def _health(_request: Request) -> Response:
    return json_response(HTTPStatus.OK, {"status": "ok", "version": __version__})


def _severity(status: HTTPStatus) -> Severity:
    return _SEVERITIES[status // 100]
