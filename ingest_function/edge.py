"""What the edge does with a request, whatever server hosts it."""

import gc
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import grpc

from ingest_function.auth.access import open_access
from ingest_function.http.asgi import Receive, Request, Response, Scope
from ingest_function.http.cors import Cors
from ingest_function.http.problem import Problem, ProblemCode, internal_error
from ingest_function.ingest import Ingest
from ingest_function.logs import Log, Severity
from ingest_function.publish.publisher import Publisher
from ingest_function.publish.pubsub import Topic, open_channel
from ingest_function.settings import Settings
from schemas import __version__

MAX_HEADER_BYTES = 16 * 1024
GC_THRESHOLD = 50_000

Handler = Callable[[Request], Awaitable[Response]]


class Edge:
    """Routes, guards and logs every request; belongs to one event loop."""

    def __init__(self, settings: Settings, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        topic = Topic(channel, settings.topic)
        self._publisher = Publisher(topic.publish, settings.publish_timeout)
        self._cors = Cors(settings.allowed_origins)
        self._log = Log(settings.project, settings.log_level)
        ingest = Ingest(settings, open_access(settings), self._publisher)
        self._routes: Mapping[str, Mapping[str, Handler]] = {
            "/v1/events": {"POST": ingest, "OPTIONS": self._cors.preflight},
            "/health": {"GET": _health, "HEAD": _health},
        }

    async def answer(self, scope: Scope, receive: Receive) -> Response:
        """The response to one request, an ASGI application itself."""
        started = time.perf_counter()
        request = Request(scope, receive)
        try:
            response = await self._handler(request)(request)
        except Problem as problem:
            response = problem.response()
        except Exception as error:  # noqa: BLE001 - the border: no request is left unanswered
            response = internal_error(error).response()
        response.headers[b"x-request-id"] = request.id.encode()
        response.headers.update(self._cors.headers(request))
        self._write_log(request, response, time.perf_counter() - started)
        return response

    async def close(self) -> None:
        """Finish what is on its way to Pub/Sub, then disconnect."""
        await self._publisher.drain()
        await self._channel.close()
        await self._log.close()

    def _handler(self, request: Request) -> Handler:
        if request.headers_size > MAX_HEADER_BYTES:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            detail = f"the headers may have at most {MAX_HEADER_BYTES} bytes"
            raise Problem(status, ProblemCode.HEADERS_TOO_LARGE, detail)
        methods = self._routes.get(request.path)
        if methods is None:
            detail = "there are /v1/events and /health"
            raise Problem(HTTPStatus.NOT_FOUND, ProblemCode.NOT_FOUND, detail)
        if request.method not in methods:
            allowed = ", ".join(methods)
            status = HTTPStatus.METHOD_NOT_ALLOWED
            headers = {b"allow": allowed.encode()}
            detail = f"the methods are {allowed}"
            raise Problem(status, ProblemCode.METHOD_NOT_ALLOWED, detail, headers=headers)
        self._cors.check(request)
        return methods[request.method]

    def _write_log(self, request: Request, response: Response, seconds: float) -> None:
        known = request.path in self._routes
        http_request = {
            "requestMethod": request.method,
            "requestUrl": request.path if known else "(unknown)",
            "requestSize": request.headers.get(b"content-length", b"0").decode("latin-1"),
            "status": response.status.value,
            "latency": f"{seconds:.6f}s",
        }
        self._log.write(
            _severity(response.status),
            f"{request.method} {http_request['requestUrl']} {response.status.value}",
            httpRequest=http_request,
            request_id=request.id,
            **self._log.trace(request.headers),
            **response.summary,
        )


def open_edge(settings: Settings) -> Edge:
    """Connect to Pub/Sub; call it in the event loop that will serve.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: there are no credentials.
    """
    edge = Edge(settings, open_channel(settings.emulator_host))
    gc.collect()
    gc.freeze()  # what is imported stays: without this, collections walk it and stall requests
    return edge


async def _health(_request: Request) -> Response:
    return Response(HTTPStatus.OK, {"status": "ok", "version": __version__})


def _severity(status: HTTPStatus) -> Severity:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Severity.ERROR
    return Severity.WARNING if status >= HTTPStatus.BAD_REQUEST else Severity.INFO
