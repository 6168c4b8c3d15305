"""UUID version 7 (RFC 9562 section 5.7), which the standard library has from Python 3.14."""

import time

from ingest_function.ids.randomness import RANDOMNESS

# Of a hexadecimal digit, the same with its high bits set to the variant's 10.
_VARIANT = {f"{digit:x}": f"{digit & 0b0011 | 0b1000:x}" for digit in range(16)}


def uuid7() -> str:
    """48 bits of Unix time in milliseconds, then 74 random bits."""
    moment = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    digits = (moment + RANDOMNESS.take(10)).hex()
    return (
        f"{digits[:8]}-{digits[8:12]}-7{digits[13:16]}"
        f"-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}"
    )
