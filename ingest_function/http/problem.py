"""Refusals of a whole request, as `application/problem+json` (RFC 9457)."""

import traceback
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from ingest_function.http.exchange import Response, json_response

MAX_FRAMES = 8  # the innermost of a traceback


class ProblemCode(StrEnum):
    """Stable codes of refused requests; a body that cannot be parsed has the codes of `schemas`."""

    NO_EVENTS = "no_events"
    NO_VALID_EVENTS = "no_valid_events"
    MALFORMED_GZIP = "malformed_gzip"
    MALFORMED_REQUEST = "malformed_request"
    INCOMPLETE_BODY = "incomplete_body"
    REPEATED_HEADER = "repeated_header"
    MISSING_CREDENTIALS = "missing_credentials"
    INVALID_API_KEY = "invalid_api_key"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a code, not a secret
    UNSUPPORTED_ALGORITHM = "unsupported_algorithm"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_ISSUER = "wrong_issuer"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    SUBJECT_MISMATCH = "subject_mismatch"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TIMEOUT = "body_timeout"
    BODY_TOO_LARGE = "body_too_large"
    TOO_MANY_EVENTS = "too_many_events"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    RATE_LIMITED = "rate_limited"
    HEADERS_TOO_LARGE = "headers_too_large"
    OVERLOADED = "overloaded"
    PUBLISH_UNAVAILABLE = "publish_unavailable"
    PUBLISH_TIMEOUT = "publish_timeout"
    PUBLISH_REFUSED = "publish_refused"
    CERTIFICATES_UNAVAILABLE = "certificates_unavailable"
    INTERNAL_ERROR = "internal_error"


class Problem(Exception):  # noqa: N818 - the term of RFC 9457
    """Ends the request with `status`; `detail` tells the client's developer what to change."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        members: dict[str, Any] | None = None,
        summary: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.headers = headers or {}
        self.summary = {"code": code, **(summary or {})}
        self.document = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "code": code,
            "detail": detail,
            **(members or {}),
        }

    def response(self) -> Response:
        return json_response(
            self.status,
            self.document,
            media_type="application/problem+json",
            headers=self.headers,
            summary=self.summary,
        )


def unavailable(
    code: ProblemCode, detail: str, *, retry_after: int, summary: dict[str, Any] | None = None
) -> Problem:
    """503: nothing may be assumed stored; the client tries again after `retry_after` seconds."""
    headers = {"retry-after": str(retry_after)}
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(status, code, detail, headers=headers, summary=summary)


def headers_too_large(max_bytes: int) -> Problem:
    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    detail = f"the headers may have at most {max_bytes} bytes"
    return Problem(status, ProblemCode.HEADERS_TOO_LARGE, detail)


def internal_error(error: BaseException) -> Problem:
    """500 for a fault of ours; the log tells its class and place, never its message or values."""
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__, limit=-MAX_FRAMES)
    ]
    summary = {"exception_class": type(error).__name__, "frames": frames}
    detail = "the request met a fault of the server; nothing of it may be assumed stored"
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(status, ProblemCode.INTERNAL_ERROR, detail, summary=summary)
