"""Events near the boundary of the contract: a valid one with a few fields changed or dropped."""

from functools import cache
from typing import Any

from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from schemas import Version, versions
from schemas.evolution.values import values_near
from schemas.violations import validator_for

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


def _valid_value(version: Version, name: str) -> Any:
    event = {**VALID, "schema_version": version.number}
    is_valid = validator_for(version.number).is_valid
    return find(
        values_near(name, version),
        lambda value: value is not None and is_valid({**event, name: value}),
        # The first that is valid: to look for the smallest took seconds of each worker's start.
        settings=settings(derandomize=True, database=None, phases=[Phase.generate]),
    )


def _valid(version: Version) -> dict[str, Any]:
    event = {**VALID, "schema_version": version.number}
    added = [name for name in version.properties if name not in VALID]
    return event | {name: _valid_value(version, name) for name in added}


# A valid event of each version, with every field.
VALID_OF = {number: _valid(version) for number, version in versions().items()}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """Of any version, near the boundary of what it allows."""
    version = draw(st.sampled_from(list(versions().values())))
    event = VALID_OF[version.number]
    names = st.sampled_from([*event, "unknown"])
    changed = draw(st.sets(names, max_size=3))
    values = {name: _value(name, version) for name in changed}
    dropped = draw(st.sets(names, max_size=2))
    event = event | draw(st.fixed_dictionaries(values))
    return {name: value for name, value in event.items() if name not in dropped}


@cache
def _value(name: str, version: Version) -> st.SearchStrategy[Any]:
    return json_values | values_near(name, version) if name != "unknown" else json_values
