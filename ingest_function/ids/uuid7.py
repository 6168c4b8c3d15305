"""UUID version 7 (RFC 9562 section 5.7), which the standard library has from Python 3.14."""

import time

from ingest_function.ids.randomness import RANDOMNESS


def uuid7() -> str:
    """48 bits of Unix time in milliseconds, then 74 random bits."""
    moment = f"{time.time_ns() // 1_000_000:012x}"
    noise = RANDOMNESS.take(10).hex()
    variant = "89ab"[int(noise[3], 16) & 0b11]
    return f"{moment[:8]}-{moment[8:]}-7{noise[:3]}-{variant}{noise[4:7]}-{noise[7:19]}"
