"""One download of Google's certificates, within bounds of time and size."""

import re
import time
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from urllib.request import urlopen

import orjson

FETCH_SECONDS = 5.0  # the first request with a token waits for it, and then for Pub/Sub
MAX_BYTES = 256 * 1024  # Google's answer has about 4,000
DEFAULT_MAX_AGE_SECONDS = 3600
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


class CertificatesUnavailable(Exception):  # noqa: N818 - a state of the server
    """The server did not answer with certificates in time."""


def fetch_certificates(url: str) -> tuple[dict[str, str], int]:
    """PEM certificates by key id, and the seconds that they stay fresh.

    Raises:
        CertificatesUnavailable: whatever went wrong.
    """
    deadline = time.monotonic() + FETCH_SECONDS
    try:
        with urlopen(url, timeout=FETCH_SECONDS) as response:  # noqa: S310 - the operator's URL
            found = orjson.loads(_read(response, deadline))
            max_age = _max_age(response.headers.get("cache-control", ""))
    except (OSError, HTTPException, ValueError) as error:
        raise CertificatesUnavailable from error
    if not _are_certificates(found):
        raise CertificatesUnavailable
    return found, max_age


def _read(response: HTTPResponse, deadline: float) -> bytes:
    """The body; each read waits for one packet only, so that a trickle meets the deadline."""
    if response.status != HTTPStatus.OK:
        raise CertificatesUnavailable
    body = b""
    while chunk := response.read1(MAX_BYTES):
        body += chunk
        if len(body) > MAX_BYTES or time.monotonic() > deadline:
            raise CertificatesUnavailable
    return body


def _are_certificates(found: object) -> bool:
    return (
        isinstance(found, dict)
        and bool(found)
        and all(isinstance(pem, str) and "BEGIN CERTIFICATE" in pem for pem in found.values())
    )


def _max_age(cache_control: str) -> int:
    found = _MAX_AGE.search(cache_control)
    return int(found.group(1)) if found else DEFAULT_MAX_AGE_SECONDS
