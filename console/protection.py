"""What keeps other sites' pages from acting through this one, or from showing inside it."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Response, abort, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

TOKEN_SECONDS = 12 * 60 * 60  # a page may stay open for a working day
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def add_headers(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def csrf_token() -> str:
    """A token for this person's forms, valid for `TOKEN_SECONDS`."""
    return _serializer().dumps(g.person.name)


def check_token() -> None:
    """Refuse a POST that no form of ours sent, with 403."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(HTTPStatus.FORBIDDEN, "the form comes from another site")
    try:
        name = _serializer().loads(request.form.get("csrf_token", ""), max_age=TOKEN_SECONDS)
    except BadSignature:
        name = None
    if name != g.person.name:
        abort(HTTPStatus.FORBIDDEN, "the form is too old, or not ours: load the page again")


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="csrf")
