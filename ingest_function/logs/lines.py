"""Lines for a reader that may be slow, stuck or gone: writing one never waits and never fails."""

import asyncio
import os
import select
import stat
from collections import deque

MAX_WAITING_BYTES = 1024 * 1024
RETRY_SECONDS = 0.05
CLOSE_SECONDS = 1.0
# pipe(7): a write of at most PIPE_BUF bytes is atomic, so lines of several processes stay whole.
_MAX_WRITE = select.PIPE_BUF


class Lines:
    """A bounded queue in front of a descriptor; belongs to one event loop.

    What it cannot hold, or the reader does not take, is lost and counted in `lost`.
    """

    def __init__(self, descriptor: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._output = _Output(descriptor)
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._flush: asyncio.Handle | None = None
        self.lost = 0

    def put(self, line: bytes) -> None:
        """Queue a line, written at the end of this turn of the event loop, with its neighbours."""
        if self._waiting_bytes + len(line) > MAX_WAITING_BYTES:
            self.lost += 1
            return
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        if self._flush is None:
            self._flush = self._loop.call_soon(self._write_waiting)

    async def close(self) -> None:
        """Write what waits, as long as the reader takes it within `CLOSE_SECONDS`."""
        deadline = self._loop.time() + CLOSE_SECONDS
        while self._waiting and self._loop.time() < deadline:  # noqa: ASYNC110 - waits for the reader
            await asyncio.sleep(RETRY_SECONDS)
        if self._flush is not None:
            self._flush.cancel()
        self._drop_waiting()
        self._output.close()

    def _write_waiting(self) -> None:
        self._flush = None
        while self._waiting:
            chunk, lines = self._next_chunk()
            try:
                written = self._output.write(chunk)
            except BlockingIOError:
                self._flush = self._loop.call_later(RETRY_SECONDS, self._write_waiting)
                return
            except OSError:  # the reader is gone, or the disk is full
                self._drop_waiting()
                return
            self._remove(lines)
            if written < len(chunk):
                self._waiting.appendleft(chunk[written:])
                self._waiting_bytes += len(chunk) - written

    def _next_chunk(self) -> tuple[bytes, int]:
        """The first lines that fit one write together, and their number."""
        chunk: list[bytes] = []
        room = _MAX_WRITE
        for line in self._waiting:
            room -= len(line)
            if chunk and room < 0:
                break
            chunk.append(line)
        return b"".join(chunk), len(chunk)

    def _remove(self, lines: int) -> None:
        for _ in range(lines):
            self._waiting_bytes -= len(self._waiting.popleft())

    def _drop_waiting(self) -> None:
        self.lost += len(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0


class _Output:
    """A descriptor whose `write` raises `BlockingIOError` instead of waiting."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = _reopened(descriptor)
        self._is_ours = self._descriptor != descriptor
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLOUT)

    def write(self, data: bytes) -> int:
        # One that is not ours may block; room for a small write is room enough, unless another
        # process takes it in this instant.
        if not self._is_ours and not self._poll.poll(0):
            raise BlockingIOError
        return os.write(self._descriptor, data)

    def close(self) -> None:
        if self._is_ours:
            os.close(self._descriptor)


def _reopened(descriptor: int) -> int:
    """A pipe opened anew without blocking, or the descriptor itself where that cannot be.

    Setting O_NONBLOCK on the descriptor itself would set it for all processes that share it.
    """
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return descriptor
    try:
        return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return descriptor
