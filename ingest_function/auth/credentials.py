"""The Authorization header, and the refusal of what is in it."""

from http import HTTPStatus

from ingest_function.http.exchange import Request
from ingest_function.http.problem import Problem, ProblemCode


def bearer_token(request: Request) -> bytes:
    """The token of `Authorization: Bearer <token>`.

    Raises:
        Problem: 401, there is none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized(ProblemCode.MISSING_CREDENTIALS, "send Authorization: Bearer <token>")
    return token.strip().encode("latin-1", "replace")


def unauthorized(code: ProblemCode, detail: str) -> Problem:
    headers = {"www-authenticate": "Bearer"}
    return Problem(HTTPStatus.UNAUTHORIZED, code, detail, headers=headers)
