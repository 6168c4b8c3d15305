"""Google ID tokens, each fault with its own code."""

import time
from collections.abc import Mapping
from typing import Any

from google.auth import exceptions, jwt

from ingest_function.auth.certificates import Certificates
from ingest_function.auth.credentials import bearer_token, unauthorized
from ingest_function.http.asgi import Headers
from ingest_function.http.problem import Problem, ProblemCode

ALGORITHM = "RS256"
ISSUERS = ("accounts.google.com", "https://accounts.google.com")
CLOCK_SKEW_SECONDS = 10


class GoogleIdTokens:
    """`Authorization: Bearer <ID token>`, issued by Google to `audience`."""

    def __init__(self, audience: str, certificates: Certificates) -> None:
        self._audience = audience
        self._certificates = certificates

    async def subject(self, headers: Headers) -> str:
        token = bearer_token(headers)
        header = _header(token)
        if header.get("alg") != ALGORITHM:
            detail = f"the token must be signed with {ALGORITHM}"
            raise unauthorized(ProblemCode.UNSUPPORTED_ALGORITHM, detail)
        certificate = await self._certificates.get(str(header.get("kid")))
        if certificate is None:
            raise _invalid("the token is signed with an unknown key")
        return self._check_claims(_verified_claims(token, certificate))

    def _check_claims(self, claims: Mapping[str, Any]) -> str:
        if claims.get("aud") != self._audience:
            raise unauthorized(ProblemCode.WRONG_AUDIENCE, "the token is for another audience")
        if claims.get("iss") not in ISSUERS:
            raise unauthorized(ProblemCode.WRONG_ISSUER, "the token is not issued by Google")
        subject = claims.get("sub")
        if not isinstance(subject, str):
            raise _invalid("the token has no subject")
        return subject


def _header(token: bytes) -> Mapping[str, Any]:
    try:
        return jwt.decode_header(token)  # type: ignore[no-any-return]
    except ValueError:
        raise _invalid("the token is no JWT") from None


def _verified_claims(token: bytes, certificate: str) -> Mapping[str, Any]:
    try:
        return jwt.decode(token, certificate, clock_skew_in_seconds=CLOCK_SKEW_SECONDS)  # type: ignore[no-any-return]
    except exceptions.InvalidValue:
        if jwt.decode(token, verify=False)["exp"] < time.time():
            raise unauthorized(ProblemCode.EXPIRED_TOKEN, "the token has expired") from None
        raise _invalid("the token is not valid yet") from None
    except ValueError:
        raise _invalid("the signature does not match the token") from None


def _invalid(detail: str) -> Problem:
    return unauthorized(ProblemCode.INVALID_TOKEN, detail)
