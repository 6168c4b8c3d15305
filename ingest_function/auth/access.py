"""Who may send events, and whose."""

import hmac
from typing import Protocol

from ingest_function.auth.certificates import Certificates
from ingest_function.auth.credentials import bearer_token, unauthorized
from ingest_function.auth.google_id_token import GoogleIdTokens
from ingest_function.http.asgi import Headers
from ingest_function.http.problem import ProblemCode
from ingest_function.settings import AuthMode, Settings


class Access(Protocol):
    async def subject(self, headers: Headers) -> str | None:
        """The only user whose events the client may send; None when it may send any user's.

        Raises:
            Problem: 401, or 503 when credentials cannot be checked now.
        """


class Open:
    """Everyone may send: for the local stack only."""

    async def subject(self, headers: Headers) -> str | None:  # noqa: ARG002
        return None


class ApiKeys:
    """`Authorization: Bearer <key>` or `X-API-Key: <key>`; several keys allow for rotation."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._keys = keys

    async def subject(self, headers: Headers) -> str | None:
        given = headers.get(b"x-api-key") or bearer_token(headers)
        # A list: every key is compared, so the time taken tells nothing about any of them.
        if not any([hmac.compare_digest(given, key) for key in self._keys]):  # noqa: C419
            raise unauthorized(ProblemCode.INVALID_API_KEY, "the API key is not valid")
        return None


def open_access(settings: Settings) -> Access:
    match settings.auth_mode:
        case AuthMode.API_KEY:
            return ApiKeys(settings.api_keys)
        case AuthMode.GOOGLE_ID_TOKEN:
            return GoogleIdTokens(settings.token_audience, Certificates(settings.certs_url))
        case AuthMode.NONE:
            return Open()
