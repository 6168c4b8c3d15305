"""What the annotations say happens to every event, whatever its fields hold."""

import hashlib
import hmac
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import now_micros, validate, versions
from schemas.privacy import annotated, pseudonym, user_id_alone
from tests.schemas.generated import VALID, VALID_OF, json_values

KEY = b"a key of the edge, 32 bytes long"
SENTINEL = "Zx9Sentinel"
PROTECT = annotated(KEY)
HASHED = hmac.new(KEY, SENTINEL.encode(), hashlib.sha256).hexdigest()
V2: dict[str, Any] = {**VALID, "schema_version": 2}


def details(**members: Any) -> Any:
    return PROTECT({**V2, "event_details": members})["event_details"]


def test_a_pseudonym_is_the_hmac_sha_256_in_hexadecimal_digits() -> None:
    assert pseudonym(SENTINEL, KEY) == HASHED


def test_the_key_alone_pseudonymises_the_users_id_and_keeps_the_rest() -> None:
    event = {**V2, "user_id": SENTINEL, "event_details": {"url": SENTINEL}}
    assert user_id_alone(KEY)(event) == {**event, "user_id": HASHED}


def test_each_declared_member_of_version_2_meets_its_action() -> None:
    members = {"url": "https://example.org/a", "title": "T", "dwell_ms": 5, "video_id": SENTINEL}
    assert details(**members, free=[SENTINEL]) == {
        "url": "https://example.org",
        "dwell_ms": 5,
        "video_id": HASHED,
        "free": [SENTINEL],
    }


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://Example.ORG:8080/Zx9Sentinel?q#f", "https://example.org"),
        ("https://Zx9Sentinel:p@ss@example.org/", "https://example.org"),
        ("https://example.org\\@Zx9Sentinel", "https://example.org"),
        ("https://example.org?Zx9Sentinel", "https://example.org"),
        ("http://[::1]:80/Zx9Sentinel", "http://[::1]"),
        ("chrome-extension://abcdefgh/Zx9Sentinel.html", "chrome-extension://abcdefgh"),
        ("https://b\u00fccher.example/Zx9Sentinel", "https://b\u00fccher.example"),
        ("https://example.org%2FZx9Sentinel", None),
        ("https://example.org Zx9Sentinel", None),
        ("https://" + "a" * 254, None),
        ("data:text/html,Zx9Sentinel", None),
        ("file:///home/Zx9Sentinel", None),
        ("javascript:Zx9Sentinel//a", None),
        ("Zx9Sentinel", None),
        ("", None),
    ],
)
def test_of_an_address_scheme_and_host_are_kept_or_nothing(address: str, kept: str | None) -> None:
    assert details(url=address) == ({} if kept is None else {"url": kept})


@pytest.mark.parametrize("value", [7, True, [SENTINEL], {"a": SENTINEL}])
@pytest.mark.parametrize("name", ["url", "title", "video_id"])
def test_a_value_that_an_action_does_not_understand_is_dropped(name: str, value: object) -> None:
    assert details(**{name: value}) == {}


def test_null_stays_null() -> None:
    assert details(url=None, video_id=None) == {"url": None, "video_id": None}
    assert PROTECT({**V2, "event_details": None}) == {**PROTECT(V2), "event_details": None}


@pytest.mark.parametrize("version", [3, 0, "2", None, True, [2], 2.0, 1e300])
def test_an_event_of_no_version_meets_the_newest_ones_actions(version: object) -> None:
    event = {**V2, "schema_version": version, "event_details": {"title": SENTINEL}}
    assert PROTECT(event)["event_details"] == {}


# A sentinel where an action takes it away: plain, inside an address, or deep in other JSON.
_hidden = st.sampled_from(
    [SENTINEL, f"https://a.example/{SENTINEL}", f"https://{SENTINEL}@a.example", [[SENTINEL]]]
) | json_values.map(lambda value: {SENTINEL: value})
_changed = st.fixed_dictionaries({}, optional=dict.fromkeys(("url", "title", "video_id"), _hidden))


@given(members=_changed, user_id=_hidden)
def test_a_sentinel_in_a_protected_field_is_nowhere_in_what_is_left(
    members: dict[str, Any], user_id: object
) -> None:
    left = PROTECT({**V2, "user_id": user_id, "event_details": members})
    assert SENTINEL.lower().encode() not in orjson.dumps(left).lower()


@given(st.dictionaries(st.sampled_from([*VALID, "other"]), json_values))
def test_any_object_is_protected_and_not_changed_in_place(fields: dict[str, Any]) -> None:
    before = orjson.dumps(fields)
    PROTECT(fields)
    assert orjson.dumps(fields) == before


@pytest.mark.parametrize("number", versions())
def test_a_protected_event_is_still_valid(number: int) -> None:
    event = VALID_OF[number] | {"timestamp": "2026-11-01T12:00:00Z"}
    assert validate(PROTECT(event), now=now_micros())
