"""Who may send events, and whose."""

import hmac
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ingest_function.auth.credentials import bearer_token, unauthorized
from ingest_function.http.exchange import Request
from ingest_function.http.problem import ProblemCode
from ingest_function.settings import ApiKey, AuthMode, Settings

if TYPE_CHECKING:
    from ingest_function.auth.google_id_token import GoogleIdTokens


class Client(NamedTuple):
    """Who sent a request: a `name` for logs and limits, and whose events it may send.

    `user_id` is the only user's, where it is set; `user_id_prefix` opens every user id.
    """

    name: str = ""
    user_id: str | None = None
    user_id_prefix: str = ""

    def may_send(self, user_id: str) -> bool:
        if self.user_id is not None:
            return user_id == self.user_id
        return user_id.startswith(self.user_id_prefix)


class Access(Protocol):
    async def client(self, request: Request) -> Client:
        """The client that a request's credentials belong to.

        Raises:
            Problem: 401, or 503 when credentials cannot be checked now.
        """


class Everyone:
    """No credentials are asked for: for the local stack only."""

    _client = Client()

    async def client(self, request: Request) -> Client:  # noqa: ARG002
        return self._client


class ApiKeys:
    """`Authorization: Bearer <key>` or `X-API-Key: <key>`; several keys allow for rotation."""

    def __init__(self, keys: tuple[ApiKey, ...]) -> None:
        self._clients = [
            (key.secret, Client(key.name, user_id_prefix=key.user_id_prefix)) for key in keys
        ]

    async def client(self, request: Request) -> Client:
        header = request.headers.get("x-api-key")
        given = bearer_token(request) if header is None else header.encode("latin-1", "replace")
        # Every key is compared, so the time taken tells nothing about any of them.
        found = [client for key, client in self._clients if hmac.compare_digest(given, key)]
        if not found:
            raise unauthorized(ProblemCode.INVALID_API_KEY, "the API key is not valid")
        return found[0]


class TokenAccess:
    """The subject of a Google ID token, which may send its own events only."""

    def __init__(self, tokens: "GoogleIdTokens") -> None:
        self._tokens = tokens

    async def client(self, request: Request) -> Client:
        subject = await self._tokens.subject(request)
        # The subject is a user id, so it stays out of the logs.
        return Client(user_id=subject)


def open_access(settings: Settings) -> Access:
    match settings.auth_mode:
        case AuthMode.API_KEY:
            return ApiKeys(settings.api_keys)
        case AuthMode.GOOGLE_ID_TOKEN:
            return TokenAccess(_google_id_tokens(settings))
        case AuthMode.NONE:
            return Everyone()


def _google_id_tokens(settings: Settings) -> "GoogleIdTokens":
    # google.auth takes a third of a start, which the other modes need not wait for.
    from ingest_function.auth.certificates import Certificates  # noqa: PLC0415
    from ingest_function.auth.google_id_token import GoogleIdTokens  # noqa: PLC0415

    return GoogleIdTokens(settings.token_audiences, Certificates(settings.certs_url))
