"""A proxy before the embedded BigQuery that refuses DELETE, as BigQuery does for buffered rows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import httpx
from werkzeug import Request, Response

from tests.http_client import NO_CERTIFICATES
from tests.http_server import serve

JSON = "application/json"
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

    def answer(request: Request) -> Response:
        body = request.get_data()
        if b"DELETE FROM" in body:
            return Response(
                json.dumps({"error": _REFUSAL}), HTTPStatus.BAD_REQUEST, content_type=JSON
            )
        forwarded = httpx.request(
            request.method,
            upstream + request.full_path,
            content=body,
            headers={"Content-Type": JSON},
            verify=NO_CERTIFICATES,
        )
        return Response(forwarded.content, forwarded.status_code, content_type=JSON)

    with serve(answer) as url:
        yield url
