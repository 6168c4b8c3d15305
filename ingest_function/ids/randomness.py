"""Random bytes, drawn from the kernel in blocks: a system call per id costs more than the id."""

import os

_BLOCK = 2048  # bytes, enough for more than a hundred ids of 10 or 16


class Randomness:
    """Not shared between processes, so that no two hand out the same bytes after a fork."""

    def __init__(self) -> None:
        self._block = b""
        self._next = 0
        os.register_at_fork(after_in_child=self._forget)

    def take(self, size: int) -> bytes:
        """The next `size` bytes, at most a block's."""
        end = self._next + size
        if end > len(self._block):
            self._block, self._next, end = os.urandom(_BLOCK), 0, size
        taken = self._block[self._next : end]
        self._next = end
        return taken

    def _forget(self) -> None:
        self._block = b""
        self._next = 0


RANDOMNESS = Randomness()
