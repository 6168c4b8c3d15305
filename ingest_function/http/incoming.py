"""The body of a request while it arrives."""

import asyncio
from collections.abc import Callable

from ingest_function.http.exchange import BodyTooLarge

# Taken before anyone asks for it; the rest stays with the client until then.
UNASKED_BYTES = 64 * 1024


class Incoming:
    """Put together by a connection, read once by the handler of the request.

    `ask` is called when the handler waits for what has not arrived.
    """

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._body = bytearray()  # a list of tiny chunks would take twenty times their size
        self._max_bytes = UNASKED_BYTES
        self._error: Exception | None = None
        self._settled: asyncio.Future[None] | None = None
        self.is_whole = False

    @property
    def is_full(self) -> bool:
        """As much is here as may be before more is asked for, or more would be of no use."""
        return self._error is not None or len(self._body) > self._max_bytes

    def put(self, chunk: bytes) -> None:
        if self._error is not None:
            return
        self._body += chunk
        if self._settled is not None and self.is_full:
            self.fail(BodyTooLarge())

    def end(self) -> None:
        self.is_whole = True
        self._settle()

    def fail(self, error: Exception) -> None:
        """Nothing more comes, for this reason."""
        self._error = self._error or error
        self._settle()

    def arrived(self, max_bytes: int) -> bytes | None:
        """All of it, if it is here and no larger."""
        is_here = self.is_whole and self._error is None and len(self._body) <= max_bytes
        return self._take() if is_here else None

    async def read(self, max_bytes: int) -> bytes:
        """All of it.

        Raises:
            BodyTooLarge: more than `max_bytes` arrived.
            ClientDisconnected: before the end.
            Problem: what arrived is not a body.
        """
        self._max_bytes = max_bytes
        if not (self.is_whole or self.is_full):
            self._settled = asyncio.get_running_loop().create_future()
            self._ask()
            await self._settled
        if self._error is not None:
            raise self._error
        if self.is_full:
            raise BodyTooLarge
        return self._take()

    def _take(self) -> bytes:
        body, self._body = bytes(self._body), bytearray()
        return body

    def _settle(self) -> None:
        if self._settled is not None and not self._settled.done():
            self._settled.set_result(None)
