"""A jq program over one event after another, whatever it does."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flex_template.replay.repair import MAX_ENDED, NotRepaired, Repair, RepairError

EVENT = b'{"user_id": "u", "confidence": "0.5"}'
safe_integers = st.integers(-(2**53) + 1, 2**53 - 1)
scalars = (
    st.none() | st.booleans() | safe_integers | st.text().filter(lambda text: "\0" not in text)
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_a_program_corrects_an_event() -> None:
    with Repair(".confidence |= tonumber") as repair:
        assert json.loads(repair(EVENT)) == {"user_id": "u", "confidence": 0.5}


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("empty", "it gives no value"),
        ("halt", "it gives no value"),
        (".,.", "it gives several values"),
        ("repeat(.)", "it gives several values"),
        ('error("not today")', "not today"),
        (".user_id | tonumber", "cannot be parsed"),
        ("input", "break"),
    ],
)
def test_an_event_without_one_answer_is_not_repaired(program: str, reason: str) -> None:
    with Repair(program) as repair, pytest.raises(NotRepaired, match=reason):
        repair(EVENT)


@pytest.mark.slow
def test_a_loop_is_ended_and_the_next_event_repaired_until_too_many_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ended by the kernel: jq gives no control back."""
    with Repair('if .loop then last(range(1e15)) else . + {"ok": true} end') as repair:
        with pytest.raises(NotRepaired, match="it takes more than 2 s"):
            repair(b'{"loop": true}')
        assert json.loads(repair(b"{}")) == {"ok": True}
        monkeypatch.setattr("flex_template.replay.repair.MAX_ENDED", 1)
        with pytest.raises(NotRepaired, match="not tried"):
            repair(b"{}")
    assert MAX_ENDED > 1


@pytest.mark.slow
def test_a_program_that_wants_all_memory_is_ended() -> None:
    reasons = r"it takes too much memory|it takes more than 2 s"
    program = 'reduce range(40) as $_ ("x" * 1000; . + .) | length'
    with Repair(program) as repair, pytest.raises(NotRepaired, match=reasons):
        repair(EVENT)


@pytest.mark.parametrize("program", [".[", "nonsense", 'import "x" as $x; .', "\0", "x" * 70_000])
def test_a_program_that_does_not_compile_is_told_at_once(program: str) -> None:
    with pytest.raises(RepairError):
        Repair(program)


@pytest.mark.parametrize(
    "program", ["env", "$ENV", 'env.PATH // {} | {value: ., secret: env["API_KEYS"]}']
)
def test_a_program_sees_no_environment(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEYS", "secret-of-this-process")
    with Repair(program) as repair:
        assert b"secret-of-this-process" not in repair(EVENT)


@pytest.fixture(scope="module")
def identity() -> Iterator[Repair]:
    with Repair(".") as repair:
        yield repair


@settings(max_examples=300)
@given(document=documents)
def test_what_a_program_does_not_touch_stays_the_same(identity: Repair, document: object) -> None:
    payload = json.dumps(document).encode()
    assert json.loads(identity(payload)) == document


def test_a_payload_of_10_mb_is_repaired(identity: Repair) -> None:
    payload = json.dumps({"a": "x" * 9_000_000}).encode()
    assert json.loads(identity(payload)) == json.loads(payload)
