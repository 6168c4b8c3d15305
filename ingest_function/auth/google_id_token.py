"""Google ID tokens, each fault with its own code."""

import time
from collections.abc import Collection, Mapping
from typing import Any

from google.auth import exceptions, jwt

from ingest_function.auth.certificates import Certificates
from ingest_function.auth.credentials import bearer_token, unauthorized
from ingest_function.http.exchange import Request
from ingest_function.http.problem import Problem, ProblemCode

ALGORITHM = "RS256"
ISSUERS = ("accounts.google.com", "https://accounts.google.com")
CLOCK_SKEW_SECONDS = 10  # far more than clocks with NTP differ, and no gift to a stolen token
# Google's tokens have about 1,200 bytes; beside the headers' limit this bounds what is decoded.
MAX_TOKEN_BYTES = 8 * 1024


class GoogleIdTokens:
    """`Authorization: Bearer <ID token>`, issued by Google to one of `audiences`."""

    def __init__(self, audiences: Collection[str], certificates: Certificates) -> None:
        self._audiences = audiences
        self._certificates = certificates

    async def subject(self, request: Request) -> str:
        """The `sub` of the request's token.

        Raises:
            Problem: 401 with the token's fault, or 503 without certificates.
        """
        token = bearer_token(request)
        header = _header(token)
        if header.get("alg") != ALGORITHM:
            detail = f"the token must be signed with {ALGORITHM}"
            raise unauthorized(ProblemCode.UNSUPPORTED_ALGORITHM, detail)
        certificate = await self._certificates.get(str(header.get("kid")))
        if certificate is None:
            raise _invalid("the token is signed with an unknown key")
        return self._check_claims(_verified_claims(token, certificate))

    def _check_claims(self, claims: Mapping[str, Any]) -> str:
        audience = claims.get("aud")
        if not isinstance(audience, str) or audience not in self._audiences:
            raise unauthorized(ProblemCode.WRONG_AUDIENCE, "the token is for another audience")
        if claims.get("iss") not in ISSUERS:
            raise unauthorized(ProblemCode.WRONG_ISSUER, "the token is not issued by Google")
        _check_not_before(claims.get("nbf", 0))
        subject = claims.get("sub")
        if not isinstance(subject, str):
            raise _invalid("the token has no subject")
        return subject


def _check_not_before(moment: object) -> None:
    """`nbf` (RFC 7519 section 4.1.5), which google-auth does not look at."""
    if type(moment) not in (int, float):
        raise _invalid("the token's nbf is not a number")
    if moment > time.time() + CLOCK_SKEW_SECONDS:  # type: ignore[operator]
        raise _invalid("the token is not valid yet")


def _header(token: bytes) -> Mapping[str, Any]:
    if len(token) > MAX_TOKEN_BYTES:
        raise _invalid("the token is too long")
    try:
        header = jwt.decode_header(token)
    except (ValueError, RecursionError):
        raise _invalid("the token is not a JWT") from None
    if not isinstance(header, dict):
        raise _invalid("the token is not a JWT")
    return header


def _verified_claims(token: bytes, certificate: str) -> Mapping[str, Any]:
    try:
        return jwt.decode(token, certificate, clock_skew_in_seconds=CLOCK_SKEW_SECONDS)  # type: ignore[no-any-return]
    except exceptions.InvalidValue:
        if jwt.decode(token, verify=False)["exp"] < time.time():
            raise unauthorized(ProblemCode.EXPIRED_TOKEN, "the token has expired") from None
        raise _invalid("the token is not valid yet") from None
    except (ValueError, TypeError, RecursionError):
        raise _invalid("the signature does not match the token") from None


def _invalid(detail: str) -> Problem:
    return unauthorized(ProblemCode.INVALID_TOKEN, detail)
