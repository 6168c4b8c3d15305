"""Google's signing certificates, kept as long as their answer's Cache-Control allows."""

import asyncio
import time

from ingest_function.auth.fetch import CertificatesUnavailable, fetch_certificates
from ingest_function.http.problem import ProblemCode, unavailable

# Anybody can make up the id of a key: it must cost Google's server, and us, next to nothing.
MIN_PAUSE_SECONDS = 10


class Certificates:
    """PEM certificates by key id.

    They are fetched when they have expired or an unknown key turns up, in a thread and by one
    request only; never more often than every `MIN_PAUSE_SECONDS`, whatever tokens are sent and
    whatever the server answers. Old ones stay in use while new ones cannot be had.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._by_id: dict[str, str] = {}
        self._fresh_until = 0.0
        self._no_fetch_before = 0.0
        self._lock = asyncio.Lock()

    async def get(self, key_id: str) -> str | None:
        """The certificate, or None if Google has no such key.

        Raises:
            Problem: 503, none could be fetched yet.
        """
        if self._must_fetch(key_id):
            async with self._lock:
                if self._must_fetch(key_id):
                    await self._fetch()
        if not self._by_id:
            code, detail = ProblemCode.CERTIFICATES_UNAVAILABLE, "tokens cannot be checked now"
            raise unavailable(code, detail, retry_after=MIN_PAUSE_SECONDS)
        return self._by_id.get(key_id)

    def _must_fetch(self, key_id: str) -> bool:
        now = time.monotonic()
        wanted = key_id not in self._by_id or now >= self._fresh_until
        return wanted and now >= self._no_fetch_before

    async def _fetch(self) -> None:
        try:
            self._by_id, max_age = await asyncio.to_thread(fetch_certificates, self._url)
            self._fresh_until = time.monotonic() + max_age
        except CertificatesUnavailable:
            pass  # the old ones stay
        finally:
            self._no_fetch_before = time.monotonic() + MIN_PAUSE_SECONDS
