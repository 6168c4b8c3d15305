"""Events near the boundary of the contract: a valid one with a few fields changed or dropped."""

from typing import Any

from hypothesis import strategies as st

VALID = {
    "event_id": "0193a5c2-7f3e-7d10-9a4b-2c6f8e1d0b35",
    "schema_version": 1,
    "user_id": "user-1",
    "timestamp": "2026-11-01T12:00:00Z",
    "signal_type": "page_view",
    "source_platform": "chrome_extension",
    "flag_type": "doom_scrolling",
    "confidence": 0.5,
    "topic_category": "news",
    "event_details": {"url": "https://example.org", "dwell_ms": 5120},
}
REQUIRED = ("user_id", "timestamp", "signal_type", "source_platform")

_SAFE = 2**53 - 1
_numbers = st.one_of(
    st.sampled_from(
        [-1, -0.1, -0.0, 0, 1, 1.0, 1.0000001, 2, _SAFE, _SAFE + 1, -_SAFE, -_SAFE - 1]
    ),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
_texts = st.one_of(
    st.sampled_from(
        ["", "a", "A", "a" * 64, "a" * 65, "\U0001f600" * 128, "u" * 129, "a\n", "a\0", "\x85"]
    ),
    st.from_regex(r"[a-z][a-z0-9_]{0,5}\n?", fullmatch=True),
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6]0:[0-6]0(\.5)?[Zz]?", fullmatch=True
    ),
    st.text(max_size=8),
)
_scalars = st.one_of(st.none(), st.booleans(), _numbers, _texts)
json_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    names = st.sampled_from([*VALID, "unknown"])
    changes = draw(st.dictionaries(names, json_values, max_size=3))
    dropped = draw(st.sets(names, max_size=2))
    return {name: value for name, value in {**VALID, **changes}.items() if name not in dropped}
