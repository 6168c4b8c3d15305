"""The Authorization header, and the refusal of what is in it."""

from http import HTTPStatus

from ingest_function.http.asgi import Headers
from ingest_function.http.problem import Problem, ProblemCode


def bearer_token(headers: Headers) -> bytes:
    """The token of `Authorization: Bearer <token>`.

    Raises:
        Problem: 401, there is none.
    """
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        raise unauthorized(ProblemCode.MISSING_CREDENTIALS, "send Authorization: Bearer <token>")
    return token.strip()


def unauthorized(code: ProblemCode, detail: str) -> Problem:
    headers = {b"www-authenticate": b"Bearer"}
    return Problem(HTTPStatus.UNAUTHORIZED, code, detail, headers=headers)
