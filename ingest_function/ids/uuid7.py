"""UUID version 7 (RFC 9562 section 5.7), which the standard library has from Python 3.14."""

import time
from functools import lru_cache

from ingest_function.ids.randomness import RANDOMNESS

# Of a hexadecimal digit, the same with its high bits set to the variant's 10.
_VARIANT = {f"{digit:x}": f"{digit & 0b0011 | 0b1000:x}" for digit in range(16)}


def uuid7() -> str:
    """48 bits of Unix time in milliseconds, then 74 random bits."""
    start = _start(time.time_ns() // 1_000_000)
    digits = RANDOMNESS.take(10).hex()
    return f"{start}{digits[:3]}-{_VARIANT[digits[3]]}{digits[4:7]}-{digits[7:19]}"


@lru_cache(maxsize=1)
def _start(milliseconds: int) -> str:
    """The time and the version, the same for many ids."""
    digits = f"{milliseconds:012x}"
    return f"{digits[:8]}-{digits[8:]}-7"
