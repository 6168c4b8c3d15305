"""UUID version 7 (RFC 9562 section 5.7), which the standard library has from Python 3.14."""

import os
import time

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_BITS = ~((0xF << 76) | (0b11 << 62))


def uuid7() -> str:
    """48 bits of Unix time in milliseconds, then 74 random bits."""
    bits = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    text = f"{bits & _RANDOM_BITS | _VERSION | _VARIANT:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
