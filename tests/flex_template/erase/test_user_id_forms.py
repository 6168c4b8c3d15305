"""The forms in which a user id is looked for."""

import json
import re

import orjson
from hypothesis import given
from hypothesis import strategies as st

from flex_template.erase.user_id_forms import hex_pattern, stored_ids
from schemas.privacy import user_id_alone

KEY = b"a key of the edge, 32 bytes long"
user_ids = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=16)


@given(user_ids)
def test_the_pseudonym_is_the_one_that_the_edge_stores(user_id: str) -> None:
    event = {"user_id": user_id}
    assert stored_ids(user_id, KEY) == [user_id, user_id_alone(KEY)(event)["user_id"]]


def test_without_a_key_only_the_plain_id_is_looked_for() -> None:
    assert stored_ids("u", b"") == ["u"]


@given(st.binary(), user_ids, st.binary(), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
def test_the_pattern_finds_an_id_anywhere_in_bytes(
    before: bytes, user_id: str, after: bytes, encoding: str
) -> None:
    data = before + user_id.encode(encoding) + after
    assert re.search(hex_pattern([user_id]), data.hex())


@given(user_ids)
def test_the_pattern_finds_an_id_in_unfinished_json(user_id: str) -> None:
    for data in (json.dumps({"user_id": user_id}).encode(), orjson.dumps({"user_id": user_id})):
        assert re.search(hex_pattern([user_id]), data[:-1].hex())


@given(st.text("abc", min_size=2, max_size=4), st.text("abc", max_size=30))
def test_the_pattern_finds_nothing_else(user_id: str, text: str) -> None:
    found = re.search(hex_pattern([user_id]), text.encode().hex()) is not None
    assert found == (user_id in text)


def test_the_pattern_is_not_fooled_by_half_bytes() -> None:
    assert "37" in b"\x13\x70".hex()
    assert not re.search(hex_pattern(["7"]), b"\x13\x70".hex())
