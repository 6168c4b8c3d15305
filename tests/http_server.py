"""HTTP servers of the tests, on a free loopback port each."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


@contextmanager
def serve(answer: Callable[[Request], Response]) -> Iterator[str]:
    """Answer every request, each in a thread, until the block ends; gives `http://HOST:PORT`."""
    with HTTPServer("127.0.0.1", threaded=True) as server:
        server.expect_request(re.compile(".*")).respond_with_handler(answer)
        yield server.url_for("").rstrip("/")
