"""A proxy before the embedded BigQuery that refuses DELETE, as BigQuery does for buffered rows."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MESSAGE = (
    "UPDATE or DELETE statement over table t would affect rows in the streaming buffer, which is "
    "not supported"
)
_REFUSAL = {
    "code": HTTPStatus.BAD_REQUEST,
    "message": MESSAGE,
    "errors": [{"reason": "invalidQuery", "message": MESSAGE}],
}


@contextmanager
def refuse_deletes(upstream: str) -> Iterator[str]:
    """Yields the proxy's URL."""

    class Handler(_Handler):
        base = upstream

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    base: str

    def do_GET(self) -> None:
        self._forward(None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "DELETE FROM" in json.loads(body)["configuration"]["query"]["query"]:
            self._answer(HTTPStatus.BAD_REQUEST, json.dumps({"error": _REFUSAL}).encode())
        else:
            self._forward(body)

    def _forward(self, body: bytes | None) -> None:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.base + self.path, body, headers)  # noqa: S310
        with urllib.request.urlopen(request) as response:  # noqa: S310 - our own loopback URL
            self._answer(HTTPStatus(response.status), response.read())

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""
