"""Who may look and who may act: nobody but this machine, or whom Identity-Aware Proxy vouches for.

The proxy's signed header is verified here too, so a request that went round it is refused:
https://cloud.google.com/iap/docs/signed-headers-howto
"""

import time
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, NamedTuple

from flask import abort, g, request
from google.auth.exceptions import GoogleAuthError
from google.auth.transport import Request as Transport
from google.auth.transport import Response
from google.auth.transport.requests import Request as HttpTransport
from google.oauth2 import id_token

from console.settings import AccessMode, Settings

HEADER = "X-Goog-IAP-JWT-Assertion"
KEYS_SECONDS = 300  # a key that is withdrawn counts for five minutes more
_ISSUER = "https://cloud.google.com/iap"
_LOCAL_NAMES = {"127.0.0.1", "localhost", "[::1]"}


class Person(NamedTuple):
    """Who asks; an operator may also replay and erase."""

    name: str
    is_operator: bool


class Access:
    """Sets `g.person` before each request, or ends it with 401 or 403.

    Style and scripts hold no data: whoever is refused reads why on a page that looks like ours.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._transport: Transport = _KeptForMinutes()

    def __call__(self) -> None:
        if request.endpoint == "static":
            return
        behind_iap = self._settings.access is AccessMode.IAP
        g.person = self._from_iap() if behind_iap else _on_this_machine()

    def _from_iap(self) -> Person:
        email = str(self._claims().get("email", "")).lower()
        is_operator = email in self._settings.operators
        viewers = self._settings.viewers
        if not email or (viewers and not is_operator and email not in viewers):
            abort(HTTPStatus.FORBIDDEN, "you are not among those who may see this console")
        return Person(email, is_operator)

    def _claims(self) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = id_token.verify_token(
                request.headers.get(HEADER, ""),
                self._transport,
                audience=self._settings.iap_audience,
                certs_url=self._settings.iap_certs_url,
            )
        except (ValueError, GoogleAuthError):
            abort(HTTPStatus.UNAUTHORIZED, "Identity-Aware Proxy's signature is missing or wrong")
        if claims.get("iss") != _ISSUER:
            abort(HTTPStatus.UNAUTHORIZED, "the signature is not Identity-Aware Proxy's")
        return claims


class _KeptForMinutes(HttpTransport):
    """The library would fetch the proxy's public keys for each request; they change over days."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[str, tuple[float, Response]] = {}

    def __call__(self, url: str, *arguments: Any, **options: Any) -> Response:
        fetched, response = self._kept.get(url, (0.0, None))
        if response is None or time.monotonic() - fetched > KEYS_SECONDS:
            response = super().__call__(url, *arguments, **options)
            if response.status == HTTPStatus.OK:
                self._kept[url] = (time.monotonic(), response)
        return response


def _on_this_machine() -> Person:
    """The host's name too: a page elsewhere may point a name of its own at 127.0.0.1."""
    name = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    remote = ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - no address, not loopback
    if not remote.is_loopback or name not in _LOCAL_NAMES:
        abort(HTTPStatus.FORBIDDEN, "this console serves its own machine only")
    return Person("local", is_operator=True)


def require_operator() -> None:
    """End the request with 403 unless the person may act."""
    if not g.person.is_operator:
        abort(HTTPStatus.FORBIDDEN, "only operators may do that")
